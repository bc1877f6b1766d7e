#!/usr/bin/python3
"""A collector's phone in a real browser: reports, verifications and small things that are put right are made without a
link, the page is opened again without one, and everything arrives once, with its original time and photos, when the link
is back; but for what was said of a case that has moved on meanwhile. The phone's clock is ten minutes fast throughout.

Usage: field_test.py URL --password ADMIN-PASSWORD [--screens FOLDER]
"""
import argparse
import hashlib
import json
import os
import struct
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from webdriver import Browser, Failure  # noqa: E402

PHONE = (430, 860)
# The phone's clock, which nobody has set: seconds that it is fast.
FAST = 600


def chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def picture(seed):
    """A PNG with a text in it that nobody else's has: kept, and not shown."""
    rows = b''.join(b'\0' + bytes((x * 3 + y * seed) % 256 for x in range(64) for _ in range(3)) for y in range(48))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 64, 48, 8, 2, 0, 0, 0))
            + chunk(b'tEXt', b'place\0%d' % seed) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


class Server:
    def __init__(self, url):
        self.url = url

    def call(self, method, path, body=None, token=None, raw=False):
        headers = {'Content-Type': 'application/json'}
        if token:
            headers['Authorization'] = 'Bearer ' + token
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, method=method, data=data, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read() if raw else json.loads(answer.read() or b'null')
        except urllib.error.HTTPError as error:
            raise Failure(f'{method} {path}: {error.code} {error.read()[:300]}') from None

    def sign_in(self, name, password):
        return self.call('POST', '/api/v1/session', {'name': name, 'password': password})['token']


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('url')
    parser.add_argument('--password', required=True)
    parser.add_argument('--screens')
    options = parser.parse_args()
    server = Server(options.url.rstrip('/'))
    admin = server.sign_in('admin', options.password)
    for name, role in [('phone', 'collector'), ('desk', 'acceptor')]:
        server.call('POST', '/api/v1/users', {'name': name, 'password': name + '-password', 'role': role}, admin)
    desk = server.sign_in('desk', 'desk-password')
    channels = 'id,name,nameEn,group,callBack\n12345,市民来电,Citizens call,public,yes\ndrone,无人机,Drone,supervision,\n'
    server.call('POST', '/api/v1/base/sets/channels/import', channels.encode(), admin)
    told, stale, small = [server.call('POST', '/api/v1/reports', {
        'class': 'P-01-01', 'channel': '12345', 'address': place, 'position': {'lat': 32.49, 'lon': 119.92}}, desk)
        for place in ('Gulou', 'Beimen', 'Nanmen')]
    for one in (told, stale, small):
        ask(server, desk, one)

    with tempfile.TemporaryDirectory() as folder:
        browser = Browser(folder, *PHONE)
        try:
            walk(browser, server, folder, told, stale, small, desk, options.screens)
        except BaseException:
            print(json.dumps(browser.log()[-10:], indent=1))
            if options.screens:
                browser.screenshot(os.path.join(options.screens, 'field-failed.png'))
            raise
        finally:
            browser.close()
    print('the phone works')


def ask(server, desk, told):
    server.call('POST', f"/api/v1/cases/{told['caseId']}/actions/askVerification", {}, desk)


def link(browser, is_there):
    conditions = {'offline': not is_there, 'latency': 0, 'download_throughput': -1, 'upload_throughput': -1}
    browser.call('POST', '/chromium/network_conditions', {'network_conditions': conditions})


def report(browser, path, words, after=None):
    browser.click('.field-tabs [data-tab="report"]')
    browser.wait("document.querySelector('.field-form select')", 20, 'the form of a report')
    browser.fill('.field-form input[type=search]', '09009')
    browser.upload('.field-form input[type=file]', path)
    browser.wait("document.querySelector('.photo-chip')", 20, 'the photo is shown')
    browser.fill('.field-form textarea', words)
    if after:
        browser.click('#field-put-right')
        browser.upload('.field-form [data-photos="after"] input', after)
        browser.wait("document.querySelectorAll('.photo-chip').length === 2", 20, 'the second photo is shown')
    browser.click('#field-send')


def walk(browser, server, folder, told, stale, small, desk, screens):
    def shot(name):
        if screens:
            browser.screenshot(os.path.join(screens, f'field-{name}.png'))

    browser.call('POST', '/goog/cdp/execute', {'cmd': 'Page.addScriptToEvaluateOnNewDocument', 'params': {
        'source': f'const now = Date.now; Date.now = () => now.call(Date) + {FAST * 1000};'}})
    browser.go(server.url + '/')
    browser.wait("document.querySelector('input[type=password]')", 30, 'the login')
    browser.fill('input[name=name]', 'phone')
    browser.fill('input[type=password]', 'phone-password')
    browser.click('button[type=submit]')
    browser.wait("document.querySelector('.field-task')", 30, 'the task to verify')
    # The service worker takes over once it is there; a second visit is kept by it.
    browser.wait("navigator.serviceWorker.controller", 30, 'the service worker')
    browser.go(server.url + '/#/field')
    browser.run('location.reload()')
    time.sleep(2)
    browser.wait("document.querySelector('.field-task')", 30, 'the task again')
    shot('tasks')

    link(browser, False)
    began = time.time()
    photos = [picture(seed) for seed in (1, 2, 3)]
    paths = [os.path.join(folder, f'{number}.png') for number in range(3)]
    for path, photo in zip(paths, photos):
        with open(path, 'wb') as file:
            file.write(photo)
    # The second one is put right on the spot.
    for number, path in enumerate(paths[:2]):
        report(browser, path, f'offline {number}', paths[0] if number else None)
        browser.wait(f"document.querySelector('#page').dataset.waiting === '{number + 1}'", 20, f'{number + 1} wait')
    browser.click('.field-tabs [data-tab="tasks"]')
    browser.click(f'[data-task="{told["caseId"]}"]')
    browser.fill('.field-form textarea', 'it is so')
    browser.click('#field-yes')
    browser.wait("document.querySelector('#page').dataset.waiting === '3'", 20, 'three wait')
    browser.click(f'[data-task="{stale["caseId"]}"]')
    browser.fill('.field-form textarea', 'as it was')
    browser.click('#field-no')
    browser.wait("document.querySelector('#page').dataset.waiting === '4'", 20, 'four wait')
    browser.click(f'[data-task="{small["caseId"]}"]')
    browser.click('.field-self summary')
    browser.upload('[data-photos="before"] input', paths[0])
    browser.upload('[data-photos="after"] input', paths[0])
    browser.fill('.field-form textarea', 'swept')
    browser.wait("document.querySelectorAll('.field-self .photo-chip').length === 2", 20, 'both photos are shown')
    browser.click('#field-self')
    browser.wait("document.querySelector('.form-error').textContent !== ''", 20, 'the same photo twice is refused')
    browser.click('[data-photos="after"] .photo-chip')
    browser.upload('[data-photos="after"] input', paths[1])
    browser.wait("document.querySelectorAll('.field-self .photo-chip').length === 2", 20, 'another photo is shown')
    browser.click('#field-self')
    browser.wait("document.querySelector('#page').dataset.waiting === '5'", 20, 'five wait')
    # Meanwhile the desk has asked for the other case once more.
    ask(server, desk, stale)
    shot('offline')

    # Opened again without a link: pages, tasks and what waits are all there.
    browser.run('location.reload()')
    browser.wait("document.querySelector('#page')?.dataset.waiting === '5'", 40, 'what waits is there without a link')
    # What is reported now, by a page that has never heard the server, has the phone's own time until it is sent.
    report(browser, paths[2], 'offline 2')
    browser.wait("document.querySelector('#page').dataset.waiting === '6'", 20, 'six wait')
    ended = time.time()
    time.sleep(3)

    link(browser, True)
    browser.wait("document.querySelector('#page').dataset.waiting === '1'", 60, 'everything but the stale one is sent')
    browser.click('.field-tabs [data-tab="outbox"]')
    browser.wait("document.querySelector('[data-parcel] .form-error')", 20, 'why the stale one is refused')
    if browser.run("return document.querySelectorAll('[data-parcel] [data-action=\"retry\"]').length"):
        raise Failure('what was said of a case as it was is offered to be sent again')
    browser.wait("document.querySelectorAll('[data-ticket]').length === 3", 20, 'three tickets of its own')
    shot('sent')

    # What the server refuses stays, to be tried again or given up.
    browser.run('''return import('/assets/app/js/core/outbox.js').then((outbox) => outbox.post({ id: 'refused', kind: 'report',
        title: 'refused', path: '/reports', body: { class: 'none' }, files: [] }))''')
    tried = "performance.getEntriesByType('resource').filter((e) => e.name.endsWith('/api/v1/reports')).length"
    browser.wait("document.querySelector('[data-parcel=\"refused\"] [data-action=\"retry\"]')", 20, 'another try is offered')
    before = browser.run(f'return {tried}')
    browser.click('[data-parcel="refused"] [data-action="retry"]')
    browser.wait(f'{tried} > {before}', 20, 'it is tried again')
    browser.wait("document.querySelector('[data-parcel=\"refused\"] .form-error')", 20, 'and refused again')
    browser.click('[data-parcel="refused"] button:last-child')
    browser.wait("document.querySelector('#page').dataset.waiting === '1'", 20, 'it is given up')

    # Channels are the site's own, in the filter as on the page of a case.
    browser.run("location.hash = '#/cases'")
    browser.wait("document.querySelector('option[value=\"drone\"]')?.textContent === '无人机'", 20, 'the channel of the site')
    browser.run('location.hash = arguments[0]', f"#/cases/{told['caseId']}")
    browser.wait("[...document.querySelectorAll('.case-page dd')].some((e) => e.textContent === '市民来电')", 20, 'its name')

    phone = server.sign_in('phone', 'phone-password')
    mine = server.call('GET', '/api/v1/reports?mine=true', token=phone)['items']
    if sorted(r['description'] for r in mine) != ['offline 0', 'offline 1', 'offline 2']:
        raise Failure(f'these reports arrived: {[r["description"] for r in mine]}')
    for found in mine:
        at = time.mktime(time.strptime(found['happenedAt'][:19], '%Y-%m-%dT%H:%M:%S')) - time.timezone
        if not began - 2 <= at <= ended + 2 or found['toldAt']:
            raise Failure(f"{found['ticket']} happened at {found['happenedAt']} ({found['toldAt']}), not while the link was gone")
        kept = server.call('GET', found['photos'][0] + '?original=true', token=desk, raw=True)
        number = int(found['description'][-1])
        if hashlib.sha256(kept).digest() != hashlib.sha256(photos[number]).digest():
            raise Failure(f"{found['ticket']} has another photo than was taken")
        if b'place' in server.call('GET', found['photos'][0], token=desk, raw=True):
            raise Failure('what the phone wrote into the photo is shown')
    case = server.call('GET', f"/api/v1/cases/{told['caseId']}", token=desk)
    verified = [entry for entry in case['log'] if entry['action'] == 'verify']
    if len(verified) != 1 or not verified[0]['note'].startswith('it is so'):
        raise Failure(f'the verification arrived {len(verified)} times')
    if any(entry['action'] == 'verify' for entry in server.call('GET', f"/api/v1/cases/{stale['caseId']}", token=desk)['log']):
        raise Failure('a verification of an earlier round was taken')
    right = [server.call('GET', f"/api/v1/cases/{one}", token=desk) for one in (small['caseId'], next(
        r['caseId'] for r in mine if r['description'] == 'offline 1'))]
    for case in right:
        if case['state'] != 'selfHandled' or not case['photoBefore'] or case['photoBefore'] == case['photoAfter']:
            raise Failure(f"{case['number']} is {case['state']} with {case['photoBefore']} and {case['photoAfter']}")


if __name__ == '__main__':
    try:
        main()
    except Failure as failure:
        print(f'FAILED: {failure}')
        sys.exit(1)
