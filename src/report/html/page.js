'use strict';
(() => {
  const CHUNK = 50; // rows of the matrix that are drawn at a time
  const MANY = 30; // hosts from which on the worst come first
  const byId = id => document.getElementById(id);
  const data = JSON.parse(byId('data').textContent);
  const root = document.documentElement;
  const say = said => typeof said === 'string' ? said : said[root.lang];
  const word = name => say(data.words[name]);
  const kinds = new Map(data.kinds.map((kind, rank) => [kind.letter, Object.assign({rank}, kind)]));
  const RANK_OF_FINE = kinds.get('b').rank;
  const sections = [...document.querySelectorAll('.group')];
  const groups = data.groups;
  const filter = {hosts: data.hosts.map(() => true), kinds: new Set(), phase: ''};
  const needle = data.hosts.map(host => host.join(' ').toLowerCase());
  root.classList.add('js');

  // ---- which results belong where

  const cells = new Map(); // host and column to the groups that tell of them
  const key = (host, column) => host * data.checks.length + column;
  groups.forEach((group, at) => group.hosts.forEach((host, nth) => {
    const name = key(host, group.columns[nth]);
    cells.has(name) ? cells.get(name).push(at) : cells.set(name, [at]);
  }));
  const guards = column => {
    const phases = data.checks[column].phases;
    return !filter.phase || !phases.length || phases.includes(filter.phase);
  };
  const wanted = kind => !filter.kinds.size || filter.kinds.has(kind);

  function isShown(group) {
    if (!wanted(group.kind)) return false;
    if (group.kind !== 'p') {
      return group.hosts.some((host, nth) => filter.hosts[host] && guards(group.columns[nth]));
    }
    const column = group.columns[0];
    return guards(column) && data.rows.some((row, host) => filter.hosts[host] && row[column] === 'p');
  }

  function rowIsShown(host, columns) {
    if (!filter.hosts[host]) return false;
    if (!filter.kinds.size) return true;
    return columns.some(column => filter.kinds.has(data.rows[host][column])
      || (cells.get(key(host, column)) || []).some(at => filter.kinds.has(groups[at].kind)));
  }

  // ---- the matrix

  const scroller = byId('scroller');
  let columns = [];
  let rows = [];
  let body = null;
  let drawn = 0;
  let current = null; // the cell that the keyboard is on
  const more = new IntersectionObserver(entries => entries.some(entry => entry.isIntersecting) && draw(CHUNK), {rootMargin: '600px'});

  const make = (name, className, text) => {
    const element = document.createElement(name);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const badness = host => columns.reduce((sum, column) => {
    const kind = kinds.get(data.rows[host][column]);
    return kind && kind.rank < RANK_OF_FINE ? sum + Math.pow(50, RANK_OF_FINE - kind.rank) : sum;
  }, 0);

  function chosenRows() {
    const chosen = data.hosts.map((_, host) => host).filter(host => rowIsShown(host, columns));
    if (!byId('worst').checked) return chosen;
    const bad = new Map(chosen.map(host => [host, badness(host)]));
    return chosen.sort((a, b) => bad.get(b) - bad.get(a) || a - b);
  }

  function headRow() {
    const row = make('tr');
    row.setAttribute('aria-rowindex', 1);
    const corner = make('th', 'corner', word('host'));
    corner.scope = 'col';
    row.append(corner);
    columns.forEach(column => {
      const check = data.checks[column];
      const head = make('th', 'check');
      head.scope = 'col';
      head.title = check.id + '\n' + say(check.title);
      head.append(make('span', '', check.id));
      row.append(head);
    });
    const head = make('thead');
    head.append(row);
    return head;
  }

  function hostRow(host, index) {
    const row = make('tr');
    row.setAttribute('aria-rowindex', index + 2);
    row.dataset.host = host;
    const name = make('th');
    name.scope = 'row';
    const button = make('button', 'host', data.hosts[host][0]);
    button.type = 'button';
    button.title = data.hosts[host][1];
    name.append(button);
    row.append(name);
    const letters = data.rows[host];
    columns.forEach(column => {
      const kind = kinds.get(letters[column]);
      const cell = make('td', kind ? 'k-' + kind.letter : '', kind ? kind.sign : '');
      if (kind && !wanted(kind.letter)) cell.classList.add('dim');
      cell.tabIndex = -1;
      cell.setAttribute('aria-label', kind ? say(kind.word) : word('no_check'));
      row.append(cell);
    });
    return row;
  }

  function draw(count) {
    if (!body || drawn >= rows.length) return;
    const part = document.createDocumentFragment();
    const end = Math.min(drawn + count, rows.length);
    for (let at = drawn; at < end; at += 1) part.append(hostRow(rows[at], at));
    const isFirst = drawn === 0;
    drawn = end;
    body.append(part);
    if (isFirst && body.rows.length) settle(body.rows[0].cells[1], false);
    more.disconnect();
    if (drawn < rows.length) more.observe(body.rows[body.rows.length - 1]);
  }

  function drawMatrix() {
    columns = data.checks.map((_, column) => column).filter(guards);
    rows = chosenRows();
    drawn = 0;
    current = null;
    more.disconnect();
    const table = make('table', 'matrix');
    table.setAttribute('role', 'grid');
    table.setAttribute('aria-labelledby', 'matrix-title');
    table.setAttribute('aria-rowcount', rows.length + 1);
    table.append(headRow());
    body = make('tbody');
    table.append(body);
    scroller.replaceChildren(table);
    scroller.scrollTop = 0;
    byId('cell').textContent = word('hint');
    draw(CHUNK);
  }

  function settle(cell, withFocus) {
    if (current) current.tabIndex = -1;
    current = cell;
    cell.tabIndex = 0;
    if (withFocus) cell.focus();
  }

  const place = cell => ({host: Number(cell.parentNode.dataset.host), column: columns[cell.cellIndex - 1]});

  function tell(cell) {
    const {host, column} = place(cell);
    const check = data.checks[column];
    const kind = kinds.get(data.rows[host][column]);
    const parts = [data.hosts[host][0], check.id, say(check.title)];
    byId('cell').textContent = parts.join(' · ') + ': ' + (kind ? say(kind.word) : word('no_check'));
  }

  function open(cell) {
    const {host, column} = place(cell);
    const told = cells.get(key(host, column)) || [];
    const at = told.length ? told[0] : groups.findIndex(group => group.kind === 'p' && group.columns[0] === column && data.rows[host][column] === 'p');
    if (at < 0) return;
    if (sections[at].hidden) clear();
    const list = sections[at].closest('details.rest');
    if (list) list.open = true;
    sections[at].tabIndex = -1;
    sections[at].scrollIntoView({block: 'start'});
    sections[at].focus({preventScroll: true});
  }

  function move(cell, name) {
    const row = cell.parentNode;
    const at = cell.cellIndex;
    if (name === 'ArrowDown' && !row.nextElementSibling) draw(CHUNK);
    const target = {
      ArrowRight: () => cell.nextElementSibling,
      ArrowLeft: () => at > 1 && cell.previousElementSibling,
      ArrowDown: () => row.nextElementSibling && row.nextElementSibling.cells[at],
      ArrowUp: () => row.previousElementSibling && row.previousElementSibling.cells[at],
      Home: () => row.cells[1],
      End: () => row.cells[row.cells.length - 1],
    }[name];
    if (!target) return false;
    if (target()) settle(target(), true);
    return true;
  }

  scroller.addEventListener('keydown', event => {
    const cell = event.target.closest('td');
    if (!cell || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      open(cell);
    } else if (move(cell, event.key)) event.preventDefault();
  });
  ['focusin', 'mouseover'].forEach(name => scroller.addEventListener(name, event => {
    const cell = event.target.closest('td');
    if (cell) tell(cell);
  }));
  scroller.addEventListener('click', event => {
    const button = event.target.closest('button.host');
    const cell = event.target.closest('td');
    if (button) {
      byId('host').value = byId('host').value === button.textContent ? '' : button.textContent;
      apply();
      byId('host').focus();
    } else if (cell) {
      settle(cell, true);
      open(cell);
    }
  });

  // ---- the filter

  function apply() {
    const text = byId('host').value.trim().toLowerCase();
    const exact = data.hosts.some(host => host[0].toLowerCase() === text);
    filter.hosts = data.hosts.map((host, at) => exact ? host[0].toLowerCase() === text : needle[at].includes(text));
    filter.phase = byId('phase') ? byId('phase').value : '';
    document.querySelectorAll('.count').forEach(button => button.setAttribute('aria-pressed', filter.kinds.has(button.dataset.kind)));
    sections.forEach((section, at) => { section.hidden = !isShown(groups[at]); });
    document.querySelectorAll('details.rest').forEach(list => { list.hidden = !list.querySelector('.group:not([hidden])'); });
    if (byId('rest')) byId('rest').hidden = !document.querySelector('details.rest:not([hidden])');
    drawMatrix();
    const findings = sections.filter(section => section.classList.contains('finding'));
    const shown = findings.filter(section => !section.hidden).length;
    byId('none').hidden = shown > 0 || findings.length === 0;
    const isFiltered = text !== '' || filter.kinds.size > 0 || filter.phase !== '';
    byId('reset').disabled = !isFiltered;
    const number = (name, part, all) => word(name).replace('{a}', part === all ? all : part + ' / ' + all);
    byId('shown').textContent = [number('shown_findings', shown, findings.length), number('shown_hosts', rows.length, data.hosts.length)].join(word('comma'));
  }

  function clear() {
    byId('host').value = '';
    if (byId('phase')) byId('phase').value = '';
    filter.kinds.clear();
    apply();
  }

  let waiting = 0;
  byId('host').addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(apply, data.hosts.length > MANY ? 150 : 0);
  });
  if (byId('phase')) byId('phase').addEventListener('change', apply);
  byId('reset').addEventListener('click', () => { clear(); byId('host').focus(); });
  byId('worst').addEventListener('change', drawMatrix);
  byId('counts').addEventListener('click', event => {
    const button = event.target.closest('.count');
    if (!button) return;
    const kind = button.dataset.kind;
    if (!filter.kinds.delete(kind)) filter.kinds.add(kind);
    apply();
  });
  document.addEventListener('keydown', event => {
    const isTyping = event.target.closest('input, select, textarea');
    if (event.key === '/' && !isTyping && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      byId('host').focus();
    } else if (event.key === 'Escape' && !byId('reset').disabled) clear();
  });

  // ---- copying

  function selectAndCopy(code) {
    const range = document.createRange();
    range.selectNodeContents(code);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    return document.execCommand('copy');
  }

  async function copy(button) {
    const code = button.parentNode.querySelector('code');
    let done = true;
    try {
      await navigator.clipboard.writeText(code.textContent);
    } catch (_) {
      done = selectAndCopy(code);
    }
    byId('live').textContent = word(done ? 'copied' : 'not_copied');
    button.classList.toggle('done', done);
    setTimeout(() => { button.classList.remove('done'); byId('live').textContent = ''; }, 2000);
  }
  document.addEventListener('click', event => {
    const button = event.target.closest('button.copy');
    if (button) copy(button);
  });

  // ---- language

  function drawLegend() {
    byId('legend').replaceChildren(...data.kinds.map(kind => {
      const item = make('li');
      item.append(make('span', 'key k-' + kind.letter, kind.sign), ' ' + say(kind.word));
      return item;
    }));
  }

  function speak(lang) {
    root.lang = lang;
    document.title = say(data.title);
    document.querySelectorAll('[data-lang]').forEach(button => button.setAttribute('aria-pressed', button.dataset.lang === lang));
    document.querySelectorAll('[data-word]').forEach(element => { element.textContent = word(element.dataset.word); });
    drawLegend();
    apply();
  }
  document.querySelectorAll('[data-lang]').forEach(button => button.addEventListener('click', () => speak(button.dataset.lang)));

  // ---- printing: everything that the filter leaves, with what is folded in findings

  let folded = [];
  addEventListener('beforeprint', () => {
    draw(rows.length);
    folded = [...document.querySelectorAll('.finding details:not([open])')];
    folded.forEach(details => { details.open = true; });
  });
  addEventListener('afterprint', () => folded.forEach(details => { details.open = false; }));

  byId('worst').checked = data.hosts.length > MANY;
  if (data.hosts.length) {
    byId('grid').hidden = false;
    byId('hosts').hidden = true;
  }
  speak(root.lang);
})();
