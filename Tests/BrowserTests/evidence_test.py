#!/usr/bin/python3
"""Evidence, completeness and the audit log in a real browser, against a running service with a live camera.

Usage: evidence_test.py URL (--password PASSWORD | --user ROLE=NAME:PASSWORD ...) [--gridwatch FILE] [--screens FOLDER]

A hold with an end is set, a dossier exported, downloaded whole and in two parts and verified offline, a camera's
recording switched off and found as a gap, and all of it in the audit log; what a role may not do is not offered.
"""
import argparse
import hashlib
import os
import subprocess
import sys
import time
import urllib.request
import zipfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from console_test import ConsoleTest  # noqa: E402
from webdriver import PATIENCE, Failure  # noqa: E402


def iso(seconds):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))


class EvidenceTest(ConsoleTest):
    def __init__(self, options):
        super().__init__(options)
        self.gridwatch = options.gridwatch
        self.title = f'evidence test {int(time.time())}'

    def tick(self, cameras):
        """Ticks cameras in the open dialog."""
        for camera in cameras:
            self.browser.click(f'dialog[open] .pick-list input[value="{camera}"]')

    def choose_range(self, start, end):
        """Enters a range in the open dialog, in the site's zone."""
        self.browser.run(
            "return import('/assets/app/js/core/i18n.js').then(({toSiteTime}) => {"
            " for (const [i, name] of ['from', 'to'].entries()) {"
            "  document.querySelector(`dialog[open] input[name=${name}]`).value = toSiteTime(arguments[i] * 1000); } })", start, end)

    def cameras_and_range(self):
        """Two recorded cameras and the half minute that has just been."""
        client = self.clients['monitor']
        now = time.time()

        def found():
            live = [c for c in client.get('/cameras')['items'] if c['state'] == 'live' and c['codec'] == 'h264']
            whole = []
            for camera in live:
                timeline = client.get(f"/cameras/{camera['id']}/timeline?from={iso(now - 40)}&to={iso(now - 10)}")
                if not timeline['gaps']:
                    whole.append(camera['id'])
            return whole if len(whole) >= 2 else None

        end = time.monotonic() + 120 * PATIENCE
        while not (cameras := found()):
            if time.monotonic() > end:
                raise Failure('no two cameras are recorded without a gap')
            time.sleep(2)
            now = time.time()
        self.cameras, self.range = cameras[:2], (int(now - 40), int(now - 10))

    def roles(self):
        self.step('what a role may not do is not offered')
        b = self.browser
        absent = {'viewer': ['evidence', 'audit', 'storage', 'system'], 'acceptor': ['evidence', 'audit'], 'monitor': ['audit', 'system']}
        for role, pages in absent.items():
            self.sign_in(role)
            for page in pages:
                if b.run("return document.querySelector(`.nav a[data-page=${arguments[0]}]`) !== null", page):
                    raise Failure(f'{role} is offered the page {page}')
        self.sign_in('leader')
        self.page('evidence')
        b.wait("document.querySelector('#page [data-filter=holdState]')", 20, 'the leader sees the holds')
        if b.run("return document.querySelector('#new-hold, [data-act=release]') !== null"):
            raise Failure('the leader is offered to set or release holds')

    def hold(self):
        self.step('a hold of two cameras with an end')
        b = self.browser
        self.sign_in('monitor')
        self.page('evidence')
        b.click('#new-hold')
        self.dialog('hold')
        self.tick(self.cameras)
        self.choose_range(*self.range)
        b.fill('dialog[open] input[name=reason]', self.title)
        b.fill('dialog[open] select[name=until]', '30')
        self.screen('e1-hold')
        self.submit()
        b.wait("document.querySelectorAll('tr[data-hold][data-state=active]').length >= 2", 20, 'the holds are in the list')
        mine = [h for h in self.clients['monitor'].get('/holds')['items'] if h['reason'] == self.title]
        if sorted(h['cameraId'] for h in mine) != sorted(self.cameras):
            raise Failure(f'not one hold for each camera: {mine}')
        for hold in mine:
            if not hold['until'] or hold['recorded'] != 'all' or hold['state'] != 'active':
                raise Failure(f'the hold is wrong: {hold}')
        self.holds = mine
        self.screen('e2-holds')
        row = f'tr[data-hold="{mine[0]["id"]}"]'

        self.step('extended, then released with a reason')
        b.click(f'{row} [data-act=extend]')
        self.dialog('extend')
        b.fill('dialog[open] select[name=until]', '365')
        b.fill('dialog[open] input[name=reason]', 'trial')
        self.submit()
        later = b.until(lambda: (lambda h: h if h['until'] > mine[0]['until'] else None)(self.by_id('/holds', mine[0]['id'])), 20, 'the end moved')
        b.click(f'{row} [data-act=release]')
        self.dialog('release')
        b.fill('dialog[open] input[name=reason]', 'handed over')
        self.submit()
        b.until(lambda: self.by_id('/holds', later['id'])['releasedAt'], 20, 'the hold is released')
        b.wait(f"!document.querySelector('{row}')", 20, 'the released hold left the list of active ones')

    def by_id(self, path, item):
        return next(x for x in self.clients['monitor'].get(path)['items'] if x['id'] == item)

    def export(self):
        self.step('a dossier is exported, with progress')
        b = self.browser
        self.page('evidence/exports')
        b.click('#new-export')
        self.dialog('export')
        b.fill('dialog[open] input[name=title]', self.title)
        self.tick(self.cameras)
        self.choose_range(*self.range)
        self.screen('e3-export')
        # Every state that the card shows, as it shows it: a short job may be done before anybody looks.
        b.run("window.seen = []; const look = () => { const card = document.querySelector('.export'); const state = card?.dataset.state + (card?.querySelector('progress') ? '+bar' : '');"
              "if (window.seen.at(-1) !== state) window.seen.push(state); }; new MutationObserver(look).observe(document.getElementById('page'), {subtree: true, childList: true, attributes: true})")
        self.submit()
        job = b.until(lambda: next((x for x in self.clients['monitor'].get('/exports')['items'] if x['title'] == self.title), None), 20, 'the job exists')
        card = f'.export[data-export="{job["id"]}"]'
        b.wait(f"['done', 'failed'].includes(document.querySelector('{card}')?.dataset.state)", 180, 'the export ends')
        job = self.by_id('/exports', job['id'])
        self.screen('e4-exports')
        if job['state'] != 'done':
            raise Failure(f'the export failed: {job}')
        seen = b.run('return window.seen')
        if not any('+bar' in state for state in seen):
            raise Failure(f'no progress was shown: {seen}')
        if len(job['items']) != 2 or not all(item['delivered'] for item in job['items']):
            raise Failure(f'the items are wrong: {job["items"]}')
        self.job = job

        self.step('downloaded by the page, and in two parts')
        b.click(f'{card} [data-act=download]')
        path = b.until(self.downloaded, 60, 'the file is there')
        with open(path, 'rb') as file:
            content = file.read()
        if len(content) != job['bytes'] or hashlib.sha256(content).hexdigest() != job['sha256']:
            raise Failure(f'{len(content)} bytes, other than the job says: {job}')
        half = len(content) // 2
        for part, wanted in ((f'bytes=0-{half - 1}', content[:half]), (f'bytes={half}-', content[half:])):
            request = urllib.request.Request(f"{self.base}/api/v1/exports/{job['id']}/file", headers={
                'Authorization': f"Bearer {self.clients['monitor'].token}", 'Range': part})
            with urllib.request.urlopen(request, timeout=30 * PATIENCE) as answer:
                if answer.status != 206 or answer.read() != wanted:
                    raise Failure(f'{part}: {answer.status}, not the bytes asked for')
        names = zipfile.ZipFile(path).namelist()
        for needed in ('manifest.json', 'index.html'):
            if not any(name.endswith(needed) for name in names):
                raise Failure(f'{needed} is not in the dossier: {names}')
        self.dossier = path

    def downloaded(self):
        names = [n for n in os.listdir(self.downloads) if n.endswith('.zip')]
        return os.path.join(self.downloads, names[0]) if names and not any(n.endswith('.crdownload') for n in os.listdir(self.downloads)) else None

    def verify(self):
        b = self.browser
        self.page('evidence/verify')
        shown = b.wait("document.querySelector('[data-field=keyId]')?.textContent", 20, 'the key is shown')
        if shown != self.clients['viewer'].get('/evidence/key')['keyId']:
            raise Failure(f'the page shows another key: {shown}')
        self.screen('e5-verify')
        if not self.gridwatch:
            self.step('no --gridwatch: not verified')
            return
        self.step('verified offline with the public key; one changed byte is found')
        pem = os.path.join(self.downloads, 'key.pem')
        with urllib.request.urlopen(urllib.request.Request(f'{self.base}/api/v1/evidence/key.pem', headers={
                'Authorization': f"Bearer {self.clients['monitor'].token}"}), timeout=30 * PATIENCE) as answer, open(pem, 'wb') as file:
            file.write(answer.read())
        command = b.run("return document.querySelector('[data-field=command]').textContent").split()
        command = [self.gridwatch] + [{'dossier.zip': self.dossier, 'key.pem': pem}.get(word, word) for word in command[1:]]
        self.expect(command, True)
        with open(self.dossier, 'rb') as file:
            content = bytearray(file.read())
        with zipfile.ZipFile(self.dossier) as archive:
            clip = max(archive.infolist(), key=lambda entry: entry.file_size)
        content[clip.header_offset + clip.compress_size // 2] ^= 1
        with open(self.dossier, 'wb') as file:
            file.write(content)
        self.expect(command, False)

    def expect(self, command, well):
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        print('    ' + (done.stdout + done.stderr).strip().replace('\n', '\n    ')[:600], flush=True)
        if (done.returncode == 0) != well:
            raise Failure(f"{' '.join(command)} ended with {done.returncode}")

    def pause(self):
        self.step('recording is switched off with a reason, and on again')
        b = self.browser
        camera = self.cameras[1]
        self.sign_in('admin')
        self.page('system')
        row = f'tr[data-camera="{camera}"]'
        for act, paused in (('pause', True), ('resume', False)):
            b.click(f'{row} [data-act={act}]')
            self.dialog('recording')
            b.fill('dialog[open] input[name=reason]', self.title)
            self.submit()
            b.wait(f"document.querySelector('{row}')?.dataset.paused === '{str(paused).lower()}'", 30, f'the page shows {act}')
            b.until(lambda: bool(self.clients['admin'].get(f'/cameras/{camera}')['recording']['paused']) == paused, 30, f'{act} is done')
            if paused:
                b.until(lambda: self.gaps(camera), 60, 'the pause is a gap')
                self.screen('e6-paused')
        self.step('the pause is a gap of the completeness page, and the account adds up')
        b.until(lambda: any(g['to'] for g in self.gaps(camera)), 60, 'the gap has an end')
        self.page(f'completeness?camera={camera}&reason=paused&window=last24')
        b.wait(f"document.querySelector('tr[data-gap=paused][data-camera=\"{camera}\"]')", 30, 'the gap is in the list')
        self.screen('e7-completeness')
        now = time.time()
        account = self.clients['admin'].get(f'/accounting?from={iso(now - 3600)}&to={iso(now)}&cameraId={camera}')['items'][0]
        if abs(account['recordedSeconds'] + account['gapSeconds'] - account['windowSeconds']) > 0.05 or not account['byReason'].get('paused'):
            raise Failure(f'the account does not add up: {account}')
        b.click('#gaps-csv')
        path = b.until(lambda: next((os.path.join(self.downloads, n) for n in os.listdir(self.downloads) if n.startswith('gaps_') and n.endswith('.csv')), None), 20, 'the CSV file')
        with open(path, encoding='utf-8-sig') as file:
            if 'paused' not in file.read():
                raise Failure('the CSV file has no paused gap')

    def gaps(self, camera):
        now = time.time()
        return self.clients['admin'].get(f'/gaps?cameraId={camera}&reason=paused&from={iso(now - 600)}&to={iso(now)}')['items']

    def case(self):
        found = self.clients['leader'].get('/cases?limit=1')['items']
        if not found:
            self.step('no case: no dossier of one')
            return
        self.step('the dossier of a case')
        b = self.browser
        self.sign_in('leader')
        self.page(f"cases/{found[0]['id']}")
        b.click('#make-dossier')
        b.wait("document.querySelector('.export')?.dataset.state === 'done'", 180, 'the dossier of the case is done')
        if b.run("return document.querySelector('.clip [data-act=hold], .clip [data-act=export]') !== null"):
            raise Failure('the leader is offered to hold or export a clip')
        self.screen('e8-case')
        self.case_clip()

    def case_clip(self):
        client = self.clients['monitor']
        item = next((c for c in (client.get(f"/cases/{x['id']}") for x in client.get('/cases?limit=50')['items']) if c['clips']), None)
        if not item:
            self.step('no case with a clip')
            return
        self.step("the clip of a case plays in its page, is held and exported from there")
        b = self.browser
        self.sign_in('monitor')
        self.page(f"cases/{item['id']}")
        b.click('.clip-play')
        b.wait("['playing', 'pictures'].includes(document.querySelector('.clip')?.dataset.state)", 60, 'the clip plays')
        if b.run("return document.querySelector('.clip').dataset.state") == 'playing':
            b.wait("document.querySelector('.clip video').getVideoPlaybackQuality().totalVideoFrames > 5", 30, 'its pictures move')
        b.click('.clip [data-act=hold]')
        self.dialog('hold')
        b.fill('dialog[open] select[name=until]', '30')
        self.screen('e8-case-hold')
        self.submit()
        b.until(lambda: any(h['reason'] == item['number'] for h in client.get('/holds')['items']), 20, 'the clip is held')
        b.click('.clip [data-act=export]')
        self.dialog('export')
        self.submit()
        job = b.until(lambda: next((x for x in client.get('/exports')['items'] if x['caseId'] == item['id'] and x['by'] == 'monitor'), None), 20, 'the export belongs to the case')
        card = f".export[data-export='{job['id']}']"
        b.wait(f'document.querySelector("{card}")?.dataset.state === "done"', 180, 'its card stands in the case page and is done')
        b.run("document.querySelector('.clip').scrollIntoView()")
        self.screen('e8-case-clip')
        self.step('an export that somebody else deletes leaves every open page')
        self.clients['admin'].send('DELETE', f"/exports/{job['id']}")
        b.wait(f'document.querySelector("{card}") === null', 20, 'the card is gone')

    def audit(self):
        self.step('the audit log has all of it, and its chain is whole')
        b = self.browser
        self.sign_in('leader')
        self.page('audit')
        b.wait("document.querySelector('.chain')?.dataset.state === 'ok'", 30, 'the chain is whole')
        self.screen('e9-audit')
        for action, subject in (('hold', self.holds[0]['id']), ('extendHold', self.holds[0]['id']), ('releaseHold', self.holds[0]['id']), ('export', self.job['id']), ('download', self.job['id']), ('pauseRecording', self.cameras[1]), ('resumeRecording', self.cameras[1])):
            self.page(f'audit?action={action}&subject={subject}')
            only = "(() => { const rows = [...document.querySelectorAll('tr[data-action]')]; return rows.length > 0 && rows.every((row) => row.dataset.action === '%s'); })()"
            b.wait(only % action, 20, f'{action} of {subject} is in the log, and nothing else')

    def storage(self):
        self.step('storage says what each volume and camera holds')
        b = self.browser
        for role, language in (('admin', 'zh-CN'), ('admin', 'en')):
            self.sign_in(role, language)
            self.page('storage')
            b.wait("document.querySelector('tr[data-volume]') && document.querySelectorAll('.storage-table tr[data-camera]').length > 0", 30, 'volumes and cameras')
            self.screen(f'e10-storage-{language}')
            for page in ('system', 'audit', 'completeness', 'evidence/exports'):
                self.page(page)
                time.sleep(0.5)
                self.screen(f"e11-{language}-{page.replace('/', '-')}")
                error = b.run("return document.querySelector('#page [role=alert].empty')?.textContent ?? ''")
                if error:
                    raise Failure(f'{page} shows an error: {error}')

    def run(self):
        try:
            for part in (self.cameras_and_range, self.roles, self.hold, self.export, self.verify, self.pause, self.case, self.audit, self.storage):
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
    parser.add_argument('--gridwatch', metavar='FILE', help='the program whose `verify` is tried')
    parser.add_argument('--screens', metavar='FOLDER')
    parser.add_argument('--camera', metavar='ID')
    options = parser.parse_args()
    try:
        EvidenceTest(options).run()
    except Failure as failure:
        print(f'FAILED: {failure}')
        return 1
    print('evidence is well')
    return 0


if __name__ == '__main__':
    sys.exit(main())
