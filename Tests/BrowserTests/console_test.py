#!/usr/bin/python3
"""The console in a real browser, against a running service with at least one live H.264 camera.

Usage: console_test.py URL (--password PASSWORD | --user ROLE=NAME:PASSWORD ...) [--screens FOLDER] [--camera ID]

`--password` says that there is a user for each role, named like the role, all with this password. The unit user
must belong to a unit. Prints each step; exit code 1 and what failed when something does.
"""
import argparse
import json
import os
import re
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from webdriver import PATIENCE, Browser, Failure  # noqa: E402

ROLES = ['monitor', 'acceptor', 'dispatcher', 'unit', 'collector', 'leader', 'viewer', 'admin']
FRAMES = "(document.querySelector(arguments[0])?.getVideoPlaybackQuality().totalVideoFrames ?? 0)"


class Client:
    """The API without the browser, for what the pages are compared with."""

    def __init__(self, base, name, password):
        self.base = base
        self.token = None
        status, answer = self.send('POST', '/session', {'name': name, 'password': password})
        if status != 200:
            raise Failure(f'{name} can not sign in: {status} {answer}')
        self.user = answer['user']
        self.token = answer.get('token')

    def send(self, method, path, body=None):
        headers = {'Content-Type': 'application/json'}
        if self.token:
            headers['Authorization'] = f'Bearer {self.token}'
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f'{self.base}/api/v1{path}', method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30 * PATIENCE) as answer:
                text = answer.read()
                return answer.status, json.loads(text) if text else None
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b'{') else None

    def get(self, path):
        status, answer = self.send('GET', path)
        if status != 200:
            raise Failure(f'GET {path}: {status} {answer}')
        return answer


class ConsoleTest:
    def __init__(self, options):
        self.base = options.url.rstrip('/')
        self.screens = options.screens
        self.downloads = tempfile.mkdtemp(prefix='gridwatch-browser-')
        self.users = {}
        for role in ROLES if options.password else []:
            self.users[role] = (role, options.password)
        for text in options.user or []:
            role, _, rest = text.partition('=')
            self.users[role] = tuple(rest.split(':', 1))
        self.clients = {role: Client(self.base, *user) for role, user in self.users.items()}
        self.camera = options.camera
        self.browser = Browser(self.downloads)
        self.problems = []

    # Helpers

    def step(self, text):
        print(f'· {text}', flush=True)

    def screen(self, name):
        if self.screens:
            os.makedirs(self.screens, exist_ok=True)
            self.browser.screenshot(os.path.join(self.screens, f'{name}.png'))

    def collect_log(self):
        for entry in self.browser.log():
            text = entry['message']
            if 'Content Security Policy' in text or 'Uncaught' in text:
                self.problems.append(text[:300])

    def sign_in(self, role, language='zh-CN'):
        b = self.browser
        b.go(f'{self.base}/healthz')
        b.run("localStorage.setItem('gridwatch.language', JSON.stringify(arguments[0]));"
              "return fetch('/api/v1/session', {method: 'DELETE'}).then(() => 1)", language)
        b.go(f'{self.base}/')
        b.wait("document.body.dataset.state === 'login'", 30, 'the login page')
        name, password = self.users[role]
        b.fill('#login-name', name)
        b.fill('#login-password', password)
        b.click('#login-submit')
        b.wait("document.body.dataset.state === 'ready'", 30, f'{role} is signed in')

    def page(self, route):
        self.browser.run('location.hash = arguments[0]', '#/' + route)
        name = route.split('?')[0].split('/')[0]
        self.browser.wait(f"document.getElementById('page')?.dataset.page === '{name}' && document.getElementById('page').dataset.state === 'ready'", 20, f'the page {name}')

    def frames_grow(self, selector, more=10, seconds=30):
        b = self.browser
        start = b.run(f'return {FRAMES}', selector)
        return b.until(lambda: (lambda n: n if n >= start + more else 0)(b.run(f'return {FRAMES}', selector)), seconds,
                       f'{more} more decoded frames in {selector} (from {start})')

    def dialog(self, name):
        self.browser.wait(f"document.querySelector('dialog[data-dialog=\"{name}\"][open]')", 10, f'the dialog {name}')

    def submit(self):
        self.browser.run("document.querySelector('dialog[open] button[type=submit]').click()")
        end = time.monotonic() + 20 * PATIENCE
        while self.browser.run("return document.querySelector('dialog[open]') !== null"):
            error = self.browser.run("return document.querySelector('dialog[open] .form-error')?.textContent ?? ''")
            if error or time.monotonic() > end:
                raise Failure(f'the dialog did not close: {error}')
            time.sleep(0.1)

    def case_state(self, state):
        self.browser.wait(f"document.getElementById('page').dataset.caseState === '{state}'", 20, f'the case page shows {state}')

    # Steps

    def login(self):
        self.step('a wrong password is refused in words, the right one signs in')
        b = self.browser
        b.go(f'{self.base}/')
        b.wait("document.body.dataset.state === 'login'", 30, 'the login page')
        self.screen('01-login')
        b.fill('#login-name', self.users['monitor'][0])
        b.fill('#login-password', 'not-the-password')
        b.click('#login-submit')
        b.wait("document.getElementById('login-error').textContent.length > 3", 20, 'the error of a wrong password')
        self.sign_in('monitor')
        if 'admin' in self.users:
            b.run("location.hash = '#/users'")
            b.wait("document.getElementById('page').dataset.page !== 'users'", 5, 'a monitor does not get the users page')

    def live(self):
        self.step('the wall shows moving pictures')
        b = self.browser
        cameras = self.clients['monitor'].get('/cameras')['items']
        live = [c for c in cameras if c['state'] == 'live' and c['codec'] == 'h264']
        if not live:
            raise Failure(f"no live H.264 camera: {[(c['id'], c['state'], c['codec']) for c in cameras]}")
        self.camera = self.camera or live[0]['id']
        self.page(f'live?camera={self.camera}')
        tile = f'.tile-view[data-camera="{self.camera}"]'
        b.wait(f"document.querySelector('{tile}')?.dataset.state === 'live'", 30, 'the tile says live')
        count = self.frames_grow(f'{tile} video')
        self.step(f'  {count} frames decoded of {self.camera}')
        b.key('\ue00c')
        time.sleep(1)
        self.screen('02-live')

        self.step('a hidden page takes no pictures, a visible one does again')
        hide = ("Object.defineProperty(document, 'hidden', {configurable: true, get: () => arguments[0]});"
                "document.dispatchEvent(new Event('visibilitychange'))".replace('arguments[0]', 'window.pretendHidden'))
        b.run('window.pretendHidden = true; ' + hide)
        time.sleep(2)
        before = b.run(f'return {FRAMES}', f'{tile} video')
        time.sleep(2)
        after = b.run(f'return {FRAMES}', f'{tile} video')
        if after > before + 5:
            raise Failure(f'a hidden page went on decoding: {before} → {after}')
        b.run('window.pretendHidden = false; document.dispatchEvent(new Event("visibilitychange"))')
        self.frames_grow(f'{tile} video')

    def other_cameras(self):
        """Cameras that this browser can't decode, and cameras that are down, where the site has such."""
        b = self.browser
        cameras = self.clients['monitor'].get('/cameras')['items']
        texts = b.run("return fetch('/assets/app/i18n/zh-CN.json').then((r) => r.json())")
        hevc = next((c for c in cameras if c['state'] == 'live' and c['codec'] == 'hevc'), None)
        plays = b.run("return MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L120.B0\"')")
        if hevc and not plays:
            self.step(f"{hevc['id']} is shown as pictures that move, with the reason")
            b.run("localStorage.setItem('gridwatch.codec.' + arguments[0], JSON.stringify('pictures'))", self.users['monitor'][0])
            self.page('overview')
            self.page(f"live?camera={hevc['id']}")
            tile = f'.tile-view[data-camera="{hevc["id"]}"]'
            b.wait(f"document.querySelector('{tile}')?.dataset.mode === 'pictures' && document.querySelector('{tile} .tile-badge').textContent.includes('H.265')", 20, 'the badge names H.265')
            first = b.wait(f"document.querySelector('{tile} img').naturalWidth > 0 && document.querySelector('{tile} img').src", 30, 'a picture')
            b.wait(f"document.querySelector('{tile} img').naturalWidth > 0 && document.querySelector('{tile} img').src !== '{first}'", 40, 'the next picture')
            self.screen('02-pictures')
            self.page(f"playback?camera={hevc['id']}")
            b.wait("document.querySelector('.player-screen img')?.naturalWidth > 0 && !document.querySelector('.player-screen img').hidden", 30, 'a recorded picture')
            first = b.run("return document.querySelector('.player-screen img').src")
            b.wait(f"document.querySelector('.player-screen img').src !== '{first}'", 30, 'the recorded pictures step on')
            b.key(' ')
            b.run("localStorage.removeItem('gridwatch.codec.' + arguments[0])", self.users['monitor'][0])
        for state in ('unauthorised', 'offline'):
            down = next((c for c in cameras if c['state'] == state), None)
            if not down:
                continue
            self.step(f"{down['id']} is {state} in words")
            self.page(f"live?camera={down['id']}")
            tile = f'.tile-view[data-camera="{down["id"]}"]'
            b.wait(f"document.querySelector('{tile}')?.dataset.state === '{state}'", 20, f'the tile is {state}')
            words = b.run(f"return document.querySelector('{tile} .tile-cover').textContent")
            for key in (f'cameraState.{state}', f"reason.{down['reason']}"):
                if texts[key] not in words:
                    raise Failure(f"the tile of {down['id']} does not say {texts[key]}: {words}")
            if down['since'] and texts['tile.since'].split('{')[0] not in words:
                raise Failure(f'the tile does not say since when: {words}')

    def back_to_live(self):
        self.page(f'live?camera={self.camera}')
        tile = f'.tile-view[data-camera="{self.camera}"]'
        self.frames_grow(f'{tile} video')

    def evidence(self):
        """The curve of a sensor stands with its alarm and with the case that came of it."""
        b = self.browser
        alarms = self.clients['monitor'].get('/alarms?limit=200')['items']
        alarm = next((a for a in alarms if a['sourceKind'] == 'sensor' and a['kind'] in ('above', 'below')), None)
        if not alarm:
            self.step('no alarm of a sensor: curves not tried')
            return
        self.step('the alarm of a sensor shows its curve')
        self.page(f"alarms/{alarm['id']}")
        drawn = "document.querySelector('{0} .sensor-curve[data-state=ready]')?.dataset.samples > 0"
        b.wait(drawn.format('.detail'), 30, 'the curve of the alarm')
        facts = b.run("return document.querySelector('.detail .facts').textContent")
        if alarm['decidedBy'] == 'policy' and 'policy' in facts:
            raise Failure(f'the policy is not in words: {facts}')
        if alarm['caseId']:
            self.page(f"cases/{alarm['caseId']}")
            b.wait(drawn.format('.case-page'), 30, 'the curve in the case')

    def bookmark(self):
        self.step('B sets a bookmark')
        b = self.browser
        title = f'browser test {int(time.time())}'
        # The last 30 s have to be recorded for the clip to be worth anything.
        b.key('b')
        self.dialog('bookmark')
        b.fill('dialog[open] input[name=title]', title)
        self.screen('03-bookmark')
        self.submit()
        mark = next((m for m in self.clients['monitor'].get('/bookmarks')['items'] if m['title'] == title), None)
        if not mark:
            raise Failure('the bookmark is not in the list')
        if mark['cameraId'] != self.camera or mark['recorded'] == 'none':
            raise Failure(f'the bookmark is wrong: {mark}')
        self.mark = mark

        self.step('the bookmark plays')
        self.page('evidence/bookmarks')
        row = f'tr[data-bookmark="{mark["id"]}"]'
        b.click(f'{row} [data-act=play]')
        b.wait("document.querySelector('dialog[open] .clip')?.dataset.state === 'playing'", 30, 'the clip plays')
        self.frames_grow('dialog[open] .clip video', 5)
        self.screen('04-bookmark-plays')
        b.run("document.querySelector('dialog[open]').close()")

        self.step('the clip downloads')
        b.click(f'{row} [data-act=download]')
        def downloaded():
            names = [n for n in os.listdir(self.downloads) if n.endswith('.mp4')]
            return names[0] if names else None
        name = b.until(downloaded, 30, 'a downloaded .mp4')
        with open(os.path.join(self.downloads, name), 'rb') as file:
            content = file.read()
        if content[4:8] != b'ftyp' or len(content) < 10_000:
            raise Failure(f'{name} is no clip: {len(content)} bytes, {content[:12]!r}')
        self.step(f'  {name}, {len(content)} bytes')

    def playback(self):
        self.step('playback plays the range, steps, seeks and marks')
        b = self.browser
        self.page(f'playback?camera={self.camera}&at={urllib.parse.quote(self.mark["from"])}')
        b.wait("['playing', 'atEnd'].includes(document.querySelector('.player')?.dataset.state)", 30, 'playback runs')
        self.frames_grow('.player video', 10)
        b.key(' ')
        b.wait("document.querySelector('.player video').paused", 10, 'Space pauses')
        at = b.run("return Date.parse(document.querySelector('.player').dataset.at)")
        b.key('\ue015')
        b.wait(f"Date.parse(document.querySelector('.player').dataset.at) < {at} - 500 && document.querySelector('.player').dataset.state === 'paused'", 20, 'the arrow down goes 1 s back')
        text = b.run("return document.querySelector('.timeline').getAttribute('aria-valuetext')")
        if not text:
            raise Failure('the timeline has no aria-valuetext')
        b.key('i')
        b.key('\ue014')
        b.wait("document.querySelector('.player').dataset.state !== 'loading'", 20, 'the seek has ended')
        b.key('o')
        self.screen('05-playback')

    def report(self):
        self.step('C reports a case from the picture')
        b = self.browser
        self.page(f'live?camera={self.camera}')
        self.frames_grow(f'.tile-view[data-camera="{self.camera}"] video', 5)
        code = self.clients['monitor'].get('/site')['classes'][0]['code']
        b.key('c')
        self.dialog('case')
        if not b.run("const c = document.querySelector('.case-preview canvas'); return Boolean(c && c.width > 0)"):
            raise Failure('the dialog shows no picture')
        b.fill('dialog[open] .class-picker input', code)
        b.fill('dialog[open] input[name=description]', 'seen by the browser test')
        b.run("const p = document.querySelectorAll('dialog[open] .position-fields input'); if (!p[0].value) { p[0].value = '32.4912'; p[1].value = '119.9234'; }")
        self.screen('06-case-from-picture')
        self.submit()
        self.case = b.wait('document.body.dataset.lastCase', 20, 'the reported case')
        found = self.clients['acceptor'].get(f'/cases/{self.case}')
        if found['state'] != 'reported' or found['class'] != code or found['cameraId'] != self.camera:
            raise Failure(f'the case is wrong: {found}')
        b.until(lambda: self.clients['acceptor'].get(f'/cases/{self.case}')['snapshots'], 30, 'the case has a snapshot')
        self.step(f"  case {found['number']}")

    def judge(self):
        b = self.browser
        waiting = self.clients['monitor'].get('/alarms?state=open&unjudged=true&limit=1')['items']
        if not waiting:
            self.step('no alarm waits: A not tried')
            return
        self.step('A confirms an alarm')
        self.page(f"alarms/{waiting[0]['id']}")
        b.wait("document.querySelector('.judge [data-act=confirm]')", 20, 'the alarm can be judged')
        self.screen('06-alarm')
        b.key('a')
        b.until(lambda: self.clients['monitor'].get(f"/alarms/{waiting[0]['id']}")['verdict'] == 'confirmed', 20, 'the alarm is confirmed')
        b.wait("!document.querySelector('.judge')", 20, 'the judged alarm offers no judgement')

    def refused(self, action, role, body=None):
        """Every role but one is refused, by fetch from the page of whoever is signed in and by the API."""
        for other in self.clients:
            if other == role:
                continue
            status, answer = self.clients[other].send('POST', f'/cases/{self.case}/actions/{action}', body or {})
            if status != 403:
                raise Failure(f'{other} may {action}: {status} {answer}')

    def act(self, role, action, state, fill=None):
        self.step(f'{role} does: {action}')
        b = self.browser
        self.refused(action, role, {'reason': 'x', 'note': 'x', 'passed': True})
        self.sign_in(role)
        wrong = 'dispatch' if role != 'dispatcher' else 'file'
        status = b.run("return fetch(`/api/v1/cases/${arguments[0]}/actions/${arguments[1]}`, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'}).then((r) => r.status)", self.case, wrong)
        if status != 403:
            raise Failure(f'{role} may {wrong}: {status}')
        if role in ('unit', 'collector'):
            self.page('queue')
            b.wait(f"document.querySelector('.queue-card[data-case=\"{self.case}\"]')", 20, f'the case is in the queue of {role}')
            self.screen(f'07-queue-{action}')
        self.page(f'cases/{self.case}')
        b.click(f'.case-page [data-action={action}]')
        self.dialog(f'action-{action}')
        if fill:
            fill()
        self.screen(f'08-{action}')
        self.submit()
        self.case_state(state)

    def life(self):
        b = self.browser
        unit = self.clients['unit'].user['unit']
        note = lambda text: b.fill('dialog[open] textarea[name=note]', text)  # noqa: E731

        self.step('lists move without a reload')
        self.sign_in('dispatcher')
        self.page('cases?state=filed')
        b.run('window.notReloaded = true')
        before = b.run("return document.querySelectorAll('.case-table tbody tr').length")
        status, _ = self.clients['acceptor'].send('POST', f'/cases/{self.case}/actions/file', {
            'class': self.clients['acceptor'].get(f'/cases/{self.case}')['class'], 'position': {'lat': 32.4912, 'lon': 119.9234}})
        if status != 200:
            raise Failure(f'acceptor can not file: {status}')
        b.wait(f"document.querySelector('tr[data-case=\"{self.case}\"]') && window.notReloaded", 20, f'the filed case appears in the list (had {before})')
        self.screen('09-cases')

        self.act('dispatcher', 'dispatch', 'dispatched', lambda: b.fill('dialog[open] select[name=unit]', unit))
        self.act('unit', 'accept', 'handling')
        photo = os.path.join(self.downloads, 'photo.png')

        def handled():
            note('done')
            b.upload('dialog[open] input[type=file]', photo)
            b.wait("document.querySelector('dialog[open] .photo-preview')?.naturalWidth > 0", 10, 'the photo is previewed')

        b.screenshot(photo)
        self.act('unit', 'handle', 'handled', handled)
        entry = [e for e in self.clients['leader'].get(f'/cases/{self.case}/log')['items'] if e['action'] == 'handle'][-1]
        if not entry['data'].get('photo'):
            raise Failure(f'the log of handling has no photo: {entry}')
        b.wait("[...document.querySelectorAll('.log-photo')].some((e) => e.naturalWidth > 0)", 20, 'the log shows the photo')
        self.act('collector', 'check', 'checked', lambda: note('seen on site'))
        self.act('acceptor', 'close', 'closed')
        self.screen('10-closed')
        status, answer = self.clients['acceptor'].send('POST', f'/cases/{self.case}/actions/close', {})
        if status != 409 or (answer or {}).get('code') != 'illegalAction':
            raise Failure(f'closing twice: {status} {answer}')
        actions = [e['action'] for e in self.clients['leader'].get(f'/cases/{self.case}/log')['items']]
        for action in ('file', 'dispatch', 'accept', 'handle', 'check', 'close'):
            if action not in actions:
                raise Failure(f'{action} is not in the log: {actions}')
        b.wait("[...document.querySelectorAll('.log li')].some((e) => e.dataset.action === 'close')", 20, 'the log shows the closing')

    def filing(self):
        """The acceptor files in the pages, on a second case (the first was filed beside the open list)."""
        self.step('acceptor files in the pages')
        b = self.browser
        status, made = self.clients['monitor'].send('POST', '/cases', {
            'class': self.clients['monitor'].get('/site')['classes'][0]['code'], 'position': {'lat': 32.4912, 'lon': 119.9234},
            'address': 'browser test', 'channel': 'monitor', 'description': 'second', 'clientId': f'browser-{time.time()}'})
        if status not in (200, 201):
            raise Failure(f'POST /cases: {status} {made}')
        first, self.case = self.case, made['id']
        self.act('acceptor', 'file', 'filed')
        self.case = first

    def six_tabs(self):
        self.step('six tabs at once work')
        b = self.browser
        self.sign_in('monitor')
        first = b.windows()[0]
        handles = [first]
        pages = ['live', 'overview', f'playback?camera={self.camera}', 'alarms', 'cases', 'live']
        for _ in pages[1:]:
            handles.append(b.new_tab())
        for handle, route in zip(handles, pages):
            b.switch(handle)
            b.go(f'{self.base}/#/{route}')
            b.wait("document.getElementById('page')?.dataset.state === 'ready'", 30, f'tab {route} is ready')
            b.wait("document.querySelector('.connection')?.dataset.state === 'open'", 20, f'tab {route} hears the stream')
        for handle in handles:
            b.switch(handle)
            took = b.run("const t = performance.now(); return fetch('/api/v1/session').then((r) => r.ok ? performance.now() - t : -1)")
            if took < 0 or took > 5000:
                raise Failure(f'a request in one of six tabs took {took} ms')
        for handle in (handles[0], handles[5]):
            b.switch(handle)
            self.frames_grow('.tile-view[data-state=live] video', 5)
        for handle in handles[1:]:
            b.switch(handle)
            self.collect_log()
            b.close_tab()
        b.switch(first)

    def pages(self):
        self.step('every page opens in both languages')
        b = self.browser
        for role, language, pages in [
            ('leader', 'zh-CN', ['overview', 'alarms', 'cases', 'sensors', 'vehicles', 'vehicles/su-m12340', 'map', 'evidence']),
            ('leader', 'en', ['overview', 'live', 'alarms', 'cases', 'sensors', 'vehicles', 'vehicles/collector-01', 'map', 'evidence']),
            ('admin', 'zh-CN', ['users', 'system']),
        ]:
            self.sign_in(role, language)
            for page in pages:
                self.page(page)
                time.sleep(1)
                self.screen(f"20-{language}-{page.replace('/', '-')}")
                over = b.run('const r = document.documentElement; return [r.scrollHeight - innerHeight, r.scrollWidth - innerWidth]')
                if max(over) > 0:
                    raise Failure(f'{page} is larger than the window by {over} px')
                if b.run("return document.querySelector('#page [role=alert].empty') !== null"):
                    raise Failure(f"{page} shows an error to {role}: {b.run('return document.querySelector(`#page [role=alert].empty`).textContent')}")
            self.collect_log()

    def phone(self):
        self.step('on a phone nothing is cut off at the right, and the plural fits the number')
        b = self.browser
        self.sign_in('admin', 'en')
        # A window can't be that narrow; a device can.
        size = {'width': 390, 'height': 844, 'deviceScaleFactor': 1, 'mobile': True}
        b.call('POST', '/goog/cdp/execute', {'cmd': 'Emulation.setDeviceMetricsOverride', 'params': size})
        for page, selector in [('users', '.user-table'), ('evidence', '.tabs'), ('completeness', '.complete-table')]:
            self.page(page)
            b.wait(f'document.querySelector("{selector}") !== null')
            time.sleep(0.5)
            self.screen(f'21-phone-{page}')
            cut = b.run(f'''const box = document.querySelector("{selector}"), edge = document.querySelector("#page").getBoundingClientRect().right;
                return [...box.querySelectorAll("td, a, button")].filter((e) => e.getBoundingClientRect().right > edge + 1).map((e) => e.textContent)''')
            if cut:
                raise Failure(f'{page}: cut at the right: {cut[:3]}')
            if re.search(r'\b1 (gaps|cameras|days)\b', b.run('return document.body.textContent')):
                raise Failure(f'{page}: a plural with 1')
        b.call('POST', '/goog/cdp/execute', {'cmd': 'Emulation.clearDeviceMetricsOverride', 'params': {}})

    def run(self):
        try:
            for part in (self.login, self.live, self.other_cameras, self.evidence, self.back_to_live, self.bookmark, self.playback, self.report, self.judge, self.life, self.filing, self.six_tabs, self.pages, self.phone):
                part()
                self.collect_log()
            if self.problems:
                raise Failure('the browser complained: ' + ' | '.join(self.problems[:5]))
        except Failure:
            self.screen('failed')
            raise
        finally:
            self.browser.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('url')
    parser.add_argument('--password')
    parser.add_argument('--user', action='append', metavar='ROLE=NAME:PASSWORD')
    parser.add_argument('--screens', metavar='FOLDER')
    parser.add_argument('--camera', metavar='ID')
    options = parser.parse_args()
    try:
        ConsoleTest(options).run()
    except Failure as failure:
        print(f'FAILED: {failure}')
        return 1
    print('the console works')
    return 0


if __name__ == '__main__':
    sys.exit(main())
