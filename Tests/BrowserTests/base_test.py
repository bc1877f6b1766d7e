#!/usr/bin/python3
"""Base data and the sensors that the console defines, in a real browser, against a service of its own without data.

Usage: base_test.py URL --password PASSWORD --gateway TOKEN --tiles PORT [--screens FOLDER]

The site file names `http://127.0.0.1:PORT/{z}/{x}/{y}.svg` as its base map in GCJ-02; this program answers there with
numbered squares. Rows are edited and rolled back, a grid is laid over a drawn boundary, a corner of a cell moved, a
sensor accepted, defined with rules and bound to a part, a unit keeps its own responsibility, and the base map is looked
at: whether the picture that a place lies on is drawn where the place is.
"""
import argparse
import http.server
import json
import math
import os
import sys
import threading
import urllib.request

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from console_test import Client, ConsoleTest  # noqa: E402
from webdriver import Failure  # noqa: E402

CENTRE = (32.4921, 119.9234)
CELLS = '321202001001'


class Tiles(http.server.BaseHTTPRequestHandler):
    """Squares that say which they are."""

    def do_GET(self):
        name = self.path.strip('/').removesuffix('.svg')
        body = (f'<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><rect width="256" height="256" fill="#345" stroke="#9ab"/>'
                f'<text x="20" y="130" fill="#fff">{name}</text></svg>').encode()
        self.send_response(200)
        self.send_header('Content-Type', 'image/svg+xml')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class BaseTest(ConsoleTest):
    def __init__(self, options):
        options.user, options.password, password = [f'admin=admin:{options.password}'], None, options.password
        options.camera = None
        super().__init__(options)
        self.gateway = options.gateway
        admin = self.clients['admin']
        status, answer = admin.send('POST', '/users', {'name': 'unit', 'password': 'unit-password', 'role': 'unit', 'displayName': 'Unit', 'unit': 'drainage'})
        if status >= 300:
            raise Failure(f'no user: {answer}')
        self.users['unit'] = ('unit', 'unit-password')
        self.clients['unit'] = Client(self.base, 'unit', 'unit-password')

    # Helpers

    def tab(self, name):
        self.browser.run('location.hash = arguments[0]', f'#/base/{name}')
        self.browser.wait(f"document.querySelector('.base-body')?.childElementCount && document.querySelector('nav.tabs [data-tab={name}]')?.getAttribute('aria-current') === 'page'", 20, f'the tab {name}')

    def press(self, script, x, y, count=1):
        """Clicks at fractions of an element's box, with the mouse."""
        box = self.browser.run(f'const r = ({script}).getBoundingClientRect(); return [r.left, r.top, r.width, r.height]')
        at = {'x': round(box[0] + x * box[2]), 'y': round(box[1] + y * box[3])}
        clicks = [{'type': 'pointerDown', 'button': 0}, {'type': 'pointerUp', 'button': 0}] * count
        self.browser.call('POST', '/actions', {'actions': [{'type': 'pointer', 'id': 'mouse', 'parameters': {'pointerType': 'mouse'},
                                                            'actions': [{'type': 'pointerMove', 'duration': 30, **at}, *clicks]}]})

    def confirm(self):
        """Applies what the preview in the open dialog shows."""
        self.dialog('base-preview')
        self.submit()
        self.browser.wait("!document.querySelector('dialog[open]')", 20, 'the change is made')

    def take_import(self):
        b = self.browser
        self.dialog('base-import')
        b.click('#base-trial')
        b.wait("document.querySelector('#base-take') && !document.querySelector('#base-take').disabled", 30, 'the trial is good')
        b.click('#base-take')
        b.wait("!document.querySelector('dialog[open]')", 30, 'the file is taken')

    def limit(self):
        rows = self.clients['admin'].get('/base/sets/limits/rows?q=E-05-06')['items']
        return next(r['limit'] for r in rows if r['code'] == 'E-05-06')

    # Steps

    def rollback(self):
        self.step('a row is edited with its effect, and what held before is made to hold again')
        b = self.browser
        before = self.limit()
        self.tab('limits')
        b.fill('#base-search', 'E-05-06')
        b.wait("document.querySelectorAll('.base-table tbody tr').length === 1", 20, 'one row is found')
        for hours in ('9', '11'):
            b.click('.base-table tbody td.tools button')
            self.dialog('base-row')
            b.fill('dialog[open] [name=limit]', hours)
            self.submit()
            self.confirm()
            b.until(lambda: self.limit() == hours, 20, f'the limit is {hours}')
            b.wait("document.querySelector('#base-search')", 20, 'the table is drawn again')
            b.fill('#base-search', 'E-05-06')
            b.wait("document.querySelectorAll('.base-table tbody tr').length === 1", 20, 'one row is found')
        b.click('#base-history')
        self.dialog('base-editions')
        b.wait("document.querySelectorAll('tr[data-edition]').length === 2", 20, 'two editions')
        self.screen('base-history')
        b.click('tr[data-edition="1"] button')
        self.screen('base-back')
        self.confirm()
        b.until(lambda: self.limit() == '9', 20, f'the first edition holds again (before it: {before})')
        if len(self.clients['admin'].get('/base/sets/limits/editions')['items']) != 3:
            raise Failure('a way back is an edition of its own')

    def boundary(self):
        self.step('a grid is laid over a boundary that is drawn')
        b = self.browser
        self.tab('grid')
        b.wait("document.querySelector('.base-map')?.dataset.state === 'ready'", 30, 'the map is there')
        b.click('#grid-draw')
        for x, y in ((0.3, 0.3), (0.7, 0.3), (0.7, 0.7)):
            self.press("document.querySelector('.base-map')", x, y)
        self.press("document.querySelector('.base-map')", 0.3, 0.7, count=2)
        self.dialog('grid-generate')
        b.fill('dialog[open] [name=code]', CELLS)
        b.fill('dialog[open] [name=side]', '200')
        b.click('dialog[open] button.primary')
        self.take_import()
        count = self.grid()['features']
        print(f'    {len(count)} cells')
        if not 4 <= len(count) <= 2000:
            raise Failure(f'{len(count)} cells over the boundary')
        b.wait("Number(document.querySelector('.base-map')?.dataset.cells) > 3", 30, 'the cells are drawn')
        self.screen('grid')

    def grid(self):
        request = urllib.request.Request(f'{self.base}/api/v1/base/cells?box=-180,-90,180,90', headers={'Authorization': f"Bearer {self.clients['admin'].token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def corners(self):
        self.step('a corner of a cell is dragged, and its neighbours follow')
        b = self.browser
        before = {f['properties']['code']: f['geometry']['coordinates'] for f in self.grid()['features']}
        b.click('#grid-corners')
        self.press("document.querySelector('.base-map')", 0.5, 0.5)
        b.wait("document.querySelectorAll('.corner-handle').length >= 4", 20, 'the corners of a cell are shown')
        handle = "[...document.querySelectorAll('.corner-handle')].sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)[0]"
        box = b.run(f'const r = ({handle}).getBoundingClientRect(); return [r.left + r.width / 2, r.top + r.height / 2]')
        moves = [{'type': 'pointerMove', 'duration': 60, 'x': round(box[0] + d), 'y': round(box[1] + d)} for d in (0, 3, 6, 9)]
        b.call('POST', '/actions', {'actions': [{'type': 'pointer', 'id': 'mouse', 'parameters': {'pointerType': 'mouse'},
                                                 'actions': [moves[0], {'type': 'pointerDown', 'button': 0}, *moves[1:], {'type': 'pointerUp', 'button': 0}]}]})
        b.wait("Number(document.querySelector('.base-map').dataset.changed) >= 1", 20, 'cells have changed')
        b.run(f'({handle}).focus()')
        b.key('\uE012')
        changed = int(b.run("return document.querySelector('.base-map').dataset.changed"))
        self.screen('grid-corners')
        b.click('#grid-apply')
        self.take_import()
        after = {f['properties']['code']: f['geometry']['coordinates'] for f in self.grid()['features']}
        moved = [code for code in after if after[code] != before[code]]
        faults = self.clients['admin'].get('/base/grid/faults')['items']
        print(f'    {changed} cells changed, {len(faults)} faults')
        if set(before) != set(after) or len(moved) != changed:
            raise Failure(f'{len(moved)} cells differ, {changed} were changed')
        if any(f['kind'] in ('gap', 'overlap', 'crossing') for f in faults):
            raise Failure(f'a move opened something: {faults[:2]}')

    def sensor(self):
        self.step('an undeclared sender is accepted, defined with rules, and bound to a part')
        b, admin = self.browser, self.clients['admin']
        request = urllib.request.Request(f'{self.base}/api/v1/readings', method='POST', data=b'{"source": "well-7", "value": 10}',
                                         headers={'Authorization': f'Bearer {self.gateway}', 'Content-Type': 'application/json'})
        b.until(lambda: urllib.request.urlopen(request, timeout=20).status == 200, 20, 'the gateway posts')
        if admin.send('POST', '/parts', {'code': '3212020101000001', 'position': {'lat': CENTRE[0], 'lon': CENTRE[1]}})[0] >= 300:
            raise Failure('no part')
        self.page('sensors')
        b.run('location.reload()')
        b.wait("document.querySelector('[data-accept=\"well-7\"]')", 30, 'the sender is listed')
        b.run("document.querySelector('details.unknown').open = true")
        b.click('[data-accept="well-7"]')
        self.dialog('accept')
        self.submit()
        b.wait("document.querySelector('tr[data-sensor=\"well-7\"]')", 20, 'it is a sensor')
        b.click('tr[data-sensor="well-7"]')
        b.click('#edit-sensor')
        self.dialog('edit-sensor')
        b.fill('dialog[open] [name=name]', '井 7')
        b.fill('dialog[open] [name=lat]', str(CENTRE[0]))
        b.fill('dialog[open] [name=lon]', str(CENTRE[1]))
        b.click('#add-rule')
        b.fill('dialog[open] .rule-card [data-field=value]', '150')
        b.fill('dialog[open] .rule-card [data-field=clearBelow]', '160')
        b.fill('dialog[open] .rule-card [data-field=for]', '10s')
        b.fill('dialog[open] .rule-card [data-field=class]', 'E-05-06')
        b.run("document.querySelector('dialog[open] button[type=submit]').click()")
        b.wait("document.querySelector('dialog[open] .mistakes li[data-field=\"rules[0].clearBelow\"]')", 20, 'the mistake is told')
        b.wait("document.querySelector('dialog[open] .rule-card [data-field=clearBelow]').getAttribute('aria-invalid') === 'true'", 10, 'its field is marked')
        self.screen('sensor-mistake')
        b.fill('dialog[open] .rule-card [data-field=clearBelow]', '120')
        b.click('#add-rule')
        b.fill('dialog[open] .rule-list > .rule-card:nth-child(2) [data-field=kind]', 'any')
        for _ in range(2):
            b.click('dialog[open] .rule-list > .rule-card:nth-child(2) > .rule-parts > [data-add=part]')
        b.run("for (const [i, card] of [...document.querySelectorAll('dialog[open] .rule-parts .rule-card')].entries()) { const f = card.querySelector('[data-field=value]'); f.value = String(5 + i); }")
        self.screen('sensor-rules')
        self.submit()
        b.wait("!document.querySelector('dialog[open]')", 20, 'the definition is saved')
        found = admin.get('/sensors/well-7/definition')
        if found['name'] != '井 7' or [r['kind'] for r in found['rules']] != ['above', 'any'] or found['rules'][1]['of'][1]['value'] != 6:
            raise Failure(f'not defined as it was written: {found}')
        self.screen('sensor-defined')
        self.tab('parts')
        b.click('tr[data-part="3212020101000001"]')
        self.dialog('part')
        b.wait("document.querySelectorAll('dialog[open] .toolbar button').length === 2", 20, 'the part can be bound')
        b.run("document.querySelectorAll('dialog[open] .toolbar button')[1].click()")
        self.dialog('part-bind')
        b.fill('dialog[open] [name=device]', 'well-7')
        # The part is shown again in a dialog of its own.
        b.run("document.querySelector('dialog[open] button[type=submit]').click()")
        b.until(lambda: admin.get('/parts/3212020101000001')['devices'] == ['well-7'], 20, 'the sensor is bound to the part')
        b.wait("document.querySelector('dialog[data-dialog=part][open]')?.textContent.includes('well-7')", 20, 'the part shows what is bound to it')
        self.screen('part-bound')
        b.run("document.querySelector('dialog[open]').close()")
        if admin.get('/sensors/well-7/definition')['part'] != '3212020101000001':
            raise Failure('the sensor does not know its part')

    def base_map(self):
        self.step('a base map in GCJ-02 lies where it belongs')
        b = self.browser
        self.page(f'map?lat={CENTRE[0]}&lon={CENTRE[1]}')
        b.wait("document.querySelectorAll('.map img.leaflet-tile-loaded').length > 3", 30, 'pictures are there')
        b.until(lambda: b.run("return document.querySelector('.leaflet-zoom-anim, .leaflet-pan-anim') === null"), 10, 'the map stands still')
        found = b.run(
            "return import('/assets/app/js/parts/baseMap.js').then(({shifted}) => { const r = document.querySelector('.map').getBoundingClientRect();"
            " return { there: shifted(arguments[0], arguments[1]), x: r.left + r.width / 2, y: r.top + r.height / 2,"
            "  tiles: [...document.querySelectorAll('.map img.leaflet-tile-loaded')].map((i) => { const t = i.getBoundingClientRect(); return [new URL(i.src).pathname, t.left, t.top, t.width]; }) }; })", *CENTRE)
        lat, lon = found['there']
        back = self.clients['admin'].get(f'/base/locate?lat={lat}&lon={lon}&datum=gcj02')['position']
        if abs(back['lat'] - CENTRE[0]) > 1e-7 or abs(back['lon'] - CENTRE[1]) > 1e-7:
            raise Failure(f'the page and the server shift differently: {back}')
        apart = []
        for shift, place in (('gcj02', (lat, lon)), ('none', CENTRE)):
            for path, left, top, width in found['tiles']:
                z, x, y = (int(n) for n in path.strip('/').removesuffix('.svg').split('/'))
                fx = (place[1] + 180) / 360 * 2 ** z
                fy = (1 - math.asinh(math.tan(math.radians(place[0]))) / math.pi) / 2 * 2 ** z
                if int(fx) == x and int(fy) == y:
                    apart.append((shift, math.hypot(left + (fx - x) * width - found['x'], top + (fy - y) * width - found['y'])))
        print('    ' + ', '.join(f'{shift}: {pixels:.1f} px from the middle' for shift, pixels in apart))
        self.screen('map-gcj02')
        shifts = dict(apart)
        if shifts.get('gcj02', 99) > 1.5:
            raise Failure(f'the place is not drawn in the middle: {apart}')
        if shifts.get('none', 99) < 10:
            raise Failure('the map is not shifted at all')

    def responsibility(self):
        self.step("a unit keeps its own rules of responsibility, and sees nothing else of the base data")
        b = self.browser
        self.sign_in('unit')
        self.page('base')
        b.wait("document.querySelectorAll('nav.tabs a[data-tab]').length === 1", 20, 'one tab')
        b.click('#base-add')
        self.dialog('base-row')
        units = b.run("return [...document.querySelectorAll('dialog[open] [name=unit] option')].map((o) => o.value)")
        if units != ['drainage']:
            raise Failure(f'units to choose from: {units}')
        b.fill('dialog[open] [name=classes]', 'E-05*')
        b.fill('dialog[open] [name=basis]', '确权文件 1 号')
        self.submit()
        self.dialog('base-preview')
        self.screen('unit-preview')
        self.confirm()
        b.wait("document.querySelector('.base-table')?.textContent.includes('E-05*')", 20, 'the rule is in the table')
        b.click('#base-history')
        self.dialog('base-editions')
        b.wait("document.querySelector('tr[data-edition]')?.textContent.includes('unit')", 20, 'the history names the user')
        self.screen('unit-rules')
        b.run("document.querySelector('dialog[open]').close()")

    def all(self):
        self.sign_in('admin')
        for step in (self.rollback, self.boundary, self.corners, self.sensor, self.base_map, self.responsibility):
            step()
        self.collect_log()
        if self.problems:
            raise Failure('\n'.join(self.problems))
        print('base data is well')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('url')
    parser.add_argument('--password', required=True, help="the administrator's")
    parser.add_argument('--gateway', required=True, help='token of a gateway')
    parser.add_argument('--tiles', type=int, required=True, help="port of the site file's base map")
    parser.add_argument('--screens')
    options = parser.parse_args()
    tiles = http.server.ThreadingHTTPServer(('127.0.0.1', options.tiles), Tiles)
    threading.Thread(target=tiles.serve_forever, daemon=True).start()
    test = BaseTest(options)
    try:
        test.all()
    except Failure as failure:
        test.screen('failure')
        print(f'FAILED: {failure}')
        return 1
    finally:
        test.browser.close()
        tiles.shutdown()
    return 0


if __name__ == '__main__':
    sys.exit(main())
