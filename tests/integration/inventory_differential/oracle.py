"""Asks the real Ansible, or the real hive, many questions in one process.

Starting Python and importing Ansible takes a second; a fork takes a hundredth of it. So everything is imported once, and every
question is answered by a fork of its own, whose state dies with it.

    oracle.py ansible|hive

Each line of standard input is a question: {"directory": DIR, "list": [ARGUMENT...]} runs `ansible-inventory` (or
`hive inventory`) with these arguments; {"directory": DIR, "sources": [SOURCE...], "patterns": [PATTERN...]} asks which hosts
each pattern leaves as `--limit`. Each line of standard output is the answer: {"status", "stdout", "stderr"}.
"""

import functools
import json
import os
import signal
import sys
import tempfile

# Where a source that no reader takes is only warned about, an answer would mean nothing.
os.environ["ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED"] = "True"

SECONDS = 60

# Imported before the forks. For hive nothing of Ansible that reads the configuration: each project brings its own.
if sys.argv[1] == "ansible":
    import ansible.cli.inventory  # noqa: F401
    import ansible.inventory.manager
    import ansible.parsing.dataloader
else:
    import cryptography.hazmat.primitives.ciphers  # noqa: F401
    import jinja2.nativetypes  # noqa: F401
    import hive_builder.hive

from ansible.utils.collection_loader import _collection_finder

# Ansible parses this table, the largest part of its start, in every process.
_collection_finder._meta_yml_to_dict = functools.lru_cache(_collection_finder._meta_yml_to_dict)
with open(os.path.join(os.path.dirname(sys.modules["ansible"].__file__), "config/ansible_builtin_runtime.yml"), "rb") as table:
    _collection_finder._meta_yml_to_dict(table.read(), ("ansible.builtin", "runtime.yml"))


def ansible_inventory(arguments):
    from ansible.cli.inventory import InventoryCLI

    InventoryCLI.cli_executor(["ansible-inventory", *arguments])


def hive_inventory(arguments):
    """`hive inventory`, whose `ansible-inventory` is this process: its status is the answer, which hive itself drops."""
    hive = hive_builder.hive
    hive.subprocess.run = lambda words: ansible_inventory(words[1:])
    build_context = hive.ansbileCommandBase.build_context

    def in_private_directory(command, context):
        # All projects' default is one directory of the machine.
        context.vars["temp_dir"] = os.path.join(context.vars["root_dir"], "temporary")
        build_context(command, context)

    hive.ansbileCommandBase.build_context = in_private_directory
    sys.argv = ["hive", *arguments]
    hive.main()


def limits(sources, patterns):
    manager = ansible.inventory.manager.InventoryManager(ansible.parsing.dataloader.DataLoader(), sources)
    answers = []
    for pattern in patterns:
        try:
            manager.subset(pattern)
            answers.append([host.name for host in manager.list_hosts()])
        except Exception as error:  # `--limit` ends the real program here.
            answers.append(str(error))
    print(json.dumps(answers))


def answer(question):
    signal.alarm(SECONDS)
    os.chdir(question["directory"])
    if "patterns" in question:
        limits(question["sources"], question["patterns"])
    elif sys.argv[1] == "ansible":
        ansible_inventory(question["list"])
    else:
        hive_inventory(question["list"])


def status_of(question):
    """The exit status of a process that does nothing but answer."""
    try:
        answer(question)
    except SystemExit as end:
        return end.code or 0
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


def ask(question):
    with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
        child = os.fork()
        if child == 0:
            os.dup2(stdout.fileno(), 1)
            os.dup2(stderr.fileno(), 2)
            status = status_of(question)
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        _, status = os.waitpid(child, 0)
        texts = []
        for stream in (stdout, stderr):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", "replace"))
        return {"status": os.waitstatus_to_exitcode(status), "stdout": texts[0], "stderr": texts[1]}


for line in sys.stdin:
    print(json.dumps(ask(json.loads(line))), flush=True)
