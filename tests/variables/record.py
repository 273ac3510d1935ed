"""Records what Ansible itself makes of every variable of an inventory: run it with the Python of ansible-core 2.18.

    python tests/variables/record.py types.yml > tests/variables/types.json
"""
import json
import os
import sys

here = os.path.dirname(os.path.abspath(__file__))
os.environ["CARGO_PKG_NAME"] = "hive-preflight"
os.environ.pop("PREFLIGHT_NOT_SET", None)
os.environ["ANSIBLE_CONFIG"] = "/nonexistent.cfg"
os.environ["ANSIBLE_LOCALHOST_WARNING"] = "0"
os.chdir(here)

from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager
from ansible.parsing.ajson import AnsibleJSONEncoder
from ansible.parsing.dataloader import DataLoader
from ansible.plugins.loader import init_plugin_loader
from ansible.template import Templar
from ansible.vars.hostvars import HostVars
from ansible.vars.manager import VariableManager

source = sys.argv[1]
init_plugin_loader(sys.argv[2:])
loader = DataLoader()
inventory = InventoryManager(loader=loader, sources=[source])
manager = VariableManager(loader=loader, inventory=inventory)
manager._hostvars = HostVars(inventory=inventory, variable_manager=manager, loader=loader)
recorded = {}
for host in inventory.get_hosts():
    variables = manager.get_vars(host=host)
    templar = Templar(loader=loader, variables=variables)
    own = recorded.setdefault(host.name, {})
    for name in sorted(host.vars.keys() - {"inventory_file", "inventory_dir"}):
        try:
            value = templar.template(variables[name])
            own[name] = {"value": json.loads(json.dumps(value, cls=AnsibleJSONEncoder).replace(here, "[DIR]"))}
        except Exception as error:
            own[name] = {"error": str(error).replace(here, "[DIR]")}
json.dump(recorded, sys.stdout, indent=1, sort_keys=True)
print()
