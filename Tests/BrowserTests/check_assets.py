#!/usr/bin/python3
"""Checks the console's files: texts, sizes, and what the content security policy forbids.

Usage: check_assets.py [ASSETS]    (default: Sources/Console/Assets beside this checkout)
Exit code 1 and one line per fault when something is wrong.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

MAX_LINES = 300
CJK = re.compile(r'[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uff00-\uffef]')
PLACEHOLDER = re.compile(r'\{(\w+)\}')
KEY = re.compile(r'^[a-zA-Z]+\.[a-zA-Z0-9]+$')


def files(root, *endings):
    for folder, _, names in os.walk(root):
        for name in sorted(names):
            if name.endswith(endings):
                path = os.path.join(folder, name)
                with open(path, encoding='utf-8') as file:
                    yield os.path.relpath(path, root), file.read()


def check_texts(root, faults):
    tables = {}
    for language in ('zh-CN', 'en'):
        path = os.path.join(root, 'i18n', language + '.json')
        pairs = []
        with open(path, encoding='utf-8') as file:
            json.load(file, object_pairs_hook=lambda found: pairs.extend(found) or dict(found))
        names = [name for name, _ in pairs]
        for name in sorted({n for n in names if names.count(n) > 1}):
            faults.append(f'i18n/{language}.json: {name} stands there twice')
        tables[language] = dict(pairs)
    zh, en = tables['zh-CN'], tables['en']
    for name in sorted(set(zh) ^ set(en)):
        faults.append(f'i18n: {name} is missing in {"en" if name in zh else "zh-CN"}')
    for name in sorted(set(zh) & set(en)):
        if set(PLACEHOLDER.findall(zh[name])) != set(PLACEHOLDER.findall(en[name])):
            faults.append(f'i18n: {name} has other placeholders in the two languages')
        if not zh[name].strip() or not en[name].strip():
            faults.append(f'i18n: {name} is empty')

    exact, groups, literals = set(), set(), set()
    for path, text in files(root, '.js'):
        for key in re.findall(r"""\bt\(\s*'([^']+)'""", text):
            exact.add(key)
            if key not in zh:
                faults.append(f'{path}: no text for {key}')
        # Keys put together: t(`group.${code}`), and words of codes: word('group', code).
        groups.update(re.findall(r"""\bt\(\s*`(\w+\.\w*)\$\{""", text))
        groups.update(group + '.' for group in re.findall(r"""\b(?:word|sentence)\('(\w+)'""", text))
        groups.update(re.findall(r"""`(\w+\.)\$\{this\.code\}`""", text))
        # Tables of keys that are translated where they are used.
        literals.update(found for found in re.findall(r"'([^'\n]+)'", text) if KEY.match(found))
    for group in sorted(groups):
        if not any(name.startswith(group) for name in zh):
            faults.append(f'no text begins with {group}')
    for name in sorted(zh):
        if name not in exact and name not in literals and not any(name.startswith(group) for group in groups):
            faults.append(f'i18n: {name} is used nowhere')

    keys = next(text for path, text in files(root, '.js') if path.endswith('core/keys.js'))
    for key in re.findall(r"\{ id: '(\w+)'", keys):
        if 'key.' + key not in zh:
            faults.append(f'js/core/keys.js: no text for key.{key}')


def check_sources(root, faults):
    for path, text in files(root, '.js', '.css', '.html'):
        lines = text.count('\n')
        if path.endswith('.js') and lines > MAX_LINES:
            faults.append(f'{path}: {lines} lines, at most {MAX_LINES}')
        if path.endswith('.js'):
            for number, line in enumerate(text.splitlines(), 1):
                if CJK.search(line):
                    faults.append(f'{path}:{number}: Chinese text belongs into i18n')
                if re.search(r'\beval\(|new Function\(|innerHTML|outerHTML|insertAdjacentHTML|document\.write', line):
                    faults.append(f'{path}:{number}: the policy forbids it, or it opens the page to injection')
                if re.search(r"setAttribute\('(style|on\w+)'|\bstyle: '", line):
                    faults.append(f'{path}:{number}: a style or handler attribute')
        if path.endswith('.html'):
            if re.search(r'<[^>]+\s(on\w+|style)\s*=', text):
                faults.append(f'{path}: inline handler or style')
            if re.search(r'<style|<script(?![^>]*\ssrc=)', text):
                faults.append(f'{path}: inline script or style element')
        for url in re.findall(r"""(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\s'"]*""", text):
            if 'www.w3.org' not in url:
                faults.append(f'{path}: names a host outside: {url}')
        for icon in re.findall(r"icon(?:\(|: )'([a-z0-9-]+)'", text):
            folder = '/usr/share/bootstrap-icons/svg'
            if os.path.isdir(folder) and not os.path.exists(f'{folder}/{icon}.svg'):
                faults.append(f'{path}: no icon {icon}')


def check_types(root, faults):
    tsc = shutil.which('tsc')
    if not tsc:
        print('tsc is not installed: types not checked')
        return
    with tempfile.TemporaryDirectory() as folder:
        config = {
            'compilerOptions': {
                'allowJs': True, 'checkJs': True, 'noEmit': True, 'strict': True, 'target': 'es2022', 'module': 'es2022',
                'moduleResolution': 'node', 'lib': ['es2022', 'dom', 'dom.iterable'], 'types': [], 'skipLibCheck': True,
            },
            'include': [os.path.join(os.path.abspath(root), 'js/**/*.js'), os.path.join(os.path.abspath(root), 'worker/*.js')],
        }
        with open(os.path.join(folder, 'tsconfig.json'), 'w', encoding='utf-8') as file:
            json.dump(config, file)
        done = subprocess.run([tsc, '-p', folder], capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            faults.extend(line for line in done.stdout.splitlines() if line.strip())


def check_order(root, faults):
    """An older change of a case that comes after a newer one is dropped (js/core/store.js)."""
    node = shutil.which('node')
    if not node:
        print('node is not installed: order of changes not checked')
        return
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.join(root, 'js'), os.path.join(folder, 'js'))
        with open(os.path.join(folder, 'package.json'), 'w', encoding='utf-8') as file:
            file.write('{"type": "module"}')
        with open(os.path.join(folder, 'order.js'), 'w', encoding='utf-8') as file:
            file.write("""
import { apply, on } from './js/core/store.js';
const seen = [];
on('case', (data) => seen.push(`${data.id}${data.seq ?? '-'}`));
for (const seq of [1, 3, 2, 3, 4]) apply('case', { id: 'a', seq });
apply('case', { id: 'b', seq: 1 });
apply('case', { id: 'a' });
console.log(seen.join(' '));
""")
        done = subprocess.run([node, 'order.js'], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
        if done.stdout.strip() != 'a1 a3 a3 a4 b1 a-':
            faults.append(f'js/core/store.js: changes of cases come as {done.stdout.strip() or done.stderr[-300:]}')


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '..', '..', 'Sources', 'Console', 'Assets')
    faults = []
    check_texts(root, faults)
    check_sources(root, faults)
    check_types(root, faults)
    check_order(root, faults)
    for fault in faults:
        print(fault)
    print(f'{len(faults)} faults' if faults else 'assets are well')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
