#!/usr/bin/python3
"""Recorded pictures in a real browser: cameras in step, backwards, fast, scrubbed, over a gap, searched, transcoded.

Usage: recording_test.py URL --user monitor=NAME:PASSWORD --cameras ID,ID --from TIME --to TIME
       [--gap TIME --reason CODE] [--hevc ID] [--screens FOLDER]

The two cameras show a clip whose upper edge is a row of 16 squares that count its frames in binary, white is 1, the
first square is the lowest bit; both play the clip at 25/s from its start on again and again. From `--from` to `--to`
both are recorded; at `--gap` neither is. Exit code 1 and what failed when something does.
"""
import argparse
import os
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from console_test import ConsoleTest  # noqa: E402
from webdriver import Failure  # noqa: E402

# The number in the picture of each tile, read in one turn; null where there is none.
COUNTS = """
const read = (tile) => {
  const from = [...tile.querySelectorAll('.player-screen video, .player-screen img')].find((e) => !e.hidden);
  if (!from || !(from.videoWidth || from.naturalWidth)) return null;
  const canvas = document.createElement('canvas');
  canvas.width = 640; canvas.height = 360;
  const g = canvas.getContext('2d');
  g.drawImage(from, 0, 0, 640, 360);
  let n = 0;
  for (let i = 0; i < 16; i += 1) if (g.getImageData(i * 40 + 20, 20, 1, 1).data[0] > 128) n += 2 ** i;
  return n;
};
return {at: Date.parse(document.querySelector('.player').dataset.at), state: document.querySelector('.player').dataset.state,
  tiles: [...document.querySelectorAll('.player-tile')].map((e) => ({camera: e.dataset.camera, state: e.dataset.state, way: e.dataset.way, at: Number(e.dataset.pictureAt), n: read(e)}))};
"""


class RecordingTest(ConsoleTest):
    def __init__(self, options):
        super().__init__(options)
        self.pair = options.cameras.split(',')
        self.loop = options.loop
        self.start, self.end, self.gap = (text and self.moment(text) for text in (options.start, options.to, options.gap))
        self.reason, self.hevc, self.heard = options.reason, options.hevc, options.sound
        self.only = options.only and options.only.split(',')
        self.apart = None

    @staticmethod
    def moment(text):
        return round(time.mktime(time.strptime(text[:19], '%Y-%m-%dT%H:%M:%S')) - time.timezone) * 1000

    @staticmethod
    def text(ms):
        return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(ms / 1000)) + f'.{ms % 1000:03d}Z'

    def look(self):
        return self.browser.run(COUNTS)

    def open(self, cameras, at):
        self.page(f"playback?camera={urllib.parse.quote(','.join(cameras))}&at={urllib.parse.quote(self.text(at))}")

    def key_until(self, key, condition, what):
        self.browser.key(key)
        return self.browser.until(condition, 30, what)

    def at_rest(self):
        """Both stand exactly where the clock does."""
        def rests():
            seen = self.look()
            good = seen['state'] == 'paused' and all(t['state'] == 'ready' and t['n'] is not None and abs(t['at'] - seen['at']) < 4 for t in seen['tiles'])
            return good
        try:
            self.browser.until(rests, 30, 'all stand exactly at the moment')
        except Failure as failure:
            raise Failure(f'{failure}: {self.look()}') from None
        # The picture is painted a moment after the seek.
        time.sleep(0.3)
        return self.look()

    def difference(self, seen):
        """Frames between the two pictures, around the clip's end."""
        a, b = (tile['n'] for tile in seen['tiles'])
        return (a - b + self.loop // 2) % self.loop - self.loop // 2

    def in_step(self, what, samples=8):
        """The two pictures keep their distance, and what each says of its time is the clock's."""
        found = []

        def steady():
            seen = self.look()
            good = seen['state'] == 'playing' and all(t['state'] == 'ready' and t['n'] is not None for t in seen['tiles'])
            apart = self.difference(seen) if good else None
            if self.apart is None and good:
                self.apart = apart
            # 100 ms, and each picture may be one frame old when it is read.
            close = good and abs((apart - self.apart + self.loop // 2) % self.loop - self.loop // 2) <= 3
            close = close and abs(seen['tiles'][0]['at'] - seen['tiles'][1]['at']) <= 100
            if found and close and seen['at'] == found[-1]['at']:
                return False
            if not close:
                found.clear()
            else:
                found.append(seen)
            return len(found) >= samples

        self.browser.until(steady, 40, f'{what}: {samples} looks in a row with both pictures within 100 ms')
        return found

    # Steps

    def two_in_step(self):
        self.step('two cameras play in step')
        b = self.browser
        self.open(self.pair, self.start + 1000)
        b.wait("document.querySelector('.player')?.dataset.state === 'playing'", 40, 'playback runs')
        # What the two clips are apart is the same at every moment: found at rest, where each shows exactly its frame.
        b.key(' ')
        self.apart = self.difference(self.at_rest())
        b.key(' ')
        found = self.in_step('at 1×')
        if [t['way'] for t in found[-1]['tiles']] != ['video', 'video']:
            raise Failure(f'not as video: {found[-1]}')
        self.step(f"  {self.apart} frames apart in the clip; at most {max(abs(s['tiles'][0]['at'] - s['tiles'][1]['at']) for s in found):.0f} ms apart")
        self.screen('30-in-step')

        self.step('a frame on and back')
        b.key(' ')
        before = self.at_rest()['tiles'][0]['n']
        b.key('.')
        b.until(lambda: self.look()['tiles'][0]['n'] == (before + 1) % self.loop, 20, f'the frame after {before}')
        b.key(',')
        b.until(lambda: self.look()['tiles'][0]['n'] == before, 20, f'frame {before} again')

    def speeds(self):
        b = self.browser
        self.step('twice as fast, in step')
        self.open(self.pair, self.start + 500)
        b.wait("document.querySelector('.player')?.dataset.state === 'playing'", 40, 'playback runs')
        b.key('>')
        b.wait("document.querySelector('#playback-rate').value === '2'", 10, 'the speed is 2')
        self.in_step('at 2×', 5)
        self.step('eight times by key frames')
        self.browser.run('document.querySelector("#playback-at").blur()')
        self.open(self.pair, self.start + 500)
        for _ in range(2):
            b.key('>')
        b.until(lambda: all(t['way'] == 'keys' and t['n'] is not None for t in self.look()['tiles']), 30, 'both show key frames')
        b.until(lambda: self.look()['at'] > self.start + 6000, 30, 'it runs on')
        self.step('backwards by key frames')
        b.key('j')
        b.wait("Number(document.querySelector('[data-act=reverse]').dataset.rate) < 0", 10, 'it runs backwards')
        first = b.until(lambda: (lambda s: s if s['state'] == 'playing' and all(t['n'] is not None for t in s['tiles']) else None)(self.look()), 30, 'pictures backwards')
        b.until(lambda: self.look()['at'] < first['at'] - 1500, 30, 'the moment goes back')
        b.until(lambda: self.look()['tiles'][0]['at'] < first['tiles'][0]['at'] - 900, 30, 'the picture goes back')
        self.screen('31-reverse')
        b.key('k')
        b.wait("document.querySelector('.player').dataset.state === 'paused' && document.querySelector('#playback-rate').value === '1'", 30, 'K stops')

    def scrub(self):
        self.step('scrubbing shows thumbnails, letting go shows the moment')
        b = self.browser
        self.open(self.pair[:1], self.start + 2000)
        b.wait("['playing', 'paused'].includes(document.querySelector('.player')?.dataset.state)", 40, 'playback runs')
        b.run('document.activeElement.blur()')
        limits = b.run("const s = document.querySelector('.timeline'); return [Number(s.getAttribute('aria-valuemin')) * 1000, Number(s.getAttribute('aria-valuemax')) * 1000]")
        place = lambda at: (at - limits[0]) / (limits[1] - limits[0])  # noqa: E731
        way = [(place(self.start + 1000 + i * (self.end - self.start - 2000) / 8), 0.35) for i in range(9)]

        def shown():
            b.wait("(() => { const p = document.querySelector('.player-preview'); return !p.hidden && p.src.startsWith('blob:') && p.naturalWidth > 0; })()", 30, 'a thumbnail while scrubbing')
            b.wait("Number(document.querySelector('.timeline').dataset.thumbs) >= 3", 30, 'several thumbnails')
            self.screen('32-scrub')

        b.drag('.timeline', way, shown)
        b.wait("document.querySelector('.player-preview').hidden", 20, 'the thumbnail goes')
        b.until(lambda: abs(self.look()['at'] - (self.end - 1000)) < (limits[1] - limits[0]) / 100 + 5000, 20, 'the moment let go at is shown')

    def gaps(self):
        if not self.gap:
            return
        self.step('a gap is shown with its reason, is in the list, and stays visible over 30 days')
        b = self.browser
        texts = b.run("return fetch('/assets/app/i18n/zh-CN.json').then((r) => r.json())")
        word = texts[f'reason.{self.reason}']
        self.open(self.pair, self.gap)
        b.key(' ')
        b.run("const box = document.querySelector('[data-act=skipGaps]'); if (box.checked) box.click()")
        b.run(f"location.hash = '#/playback?camera={','.join(self.pair)}&at={self.text(self.gap)}&again'")
        b.wait("[...document.querySelectorAll('.player-tile')].every((e) => e.dataset.state === 'gap')", 40, 'both tiles show the gap')
        said = b.run("return [document.querySelector('.player-tile .tile-cover').textContent, document.querySelector('.timeline').getAttribute('aria-valuetext'), [...document.querySelectorAll('.event[data-kind^=gap]')].map((e) => e.textContent).join(' ')]")
        for text in said:
            if word not in text:
                raise Failure(f'no word of {word} in {said}')
        self.screen('33-gap')
        b.key('9')
        b.wait("Number(document.querySelector('.timeline-sums').dataset.gaps) >= 1 && Number(document.querySelector('.timeline').getAttribute('aria-valuemax')) - Number(document.querySelector('.timeline').getAttribute('aria-valuemin')) > 29 * 86400", 20, 'thirty days')
        # The cursor would stand on it.
        b.run("const f = document.querySelector('#playback-at'); f.value = arguments[0]; f.dispatchEvent(new Event('change'))", time.strftime('%Y-%m-%d %H:%M:%S', time.gmtime(self.gap / 1000 - 20 * 86400)))
        b.until(lambda: self.look()['at'] < self.gap - 15 * 86_400_000, 20, 'the cursor is elsewhere')
        time.sleep(0.5)
        colour = b.run("""const c = document.querySelector('.timeline canvas'); const probe = document.createElement('canvas').getContext('2d');
            probe.fillStyle = getComputedStyle(document.querySelector('.timeline')).getPropertyValue(arguments[0]); probe.fillRect(0, 0, 1, 1);
            const want = probe.getImageData(0, 0, 1, 1).data; const s = window.devicePixelRatio || 1;
            const row = c.getContext('2d').getImageData(0, Math.round(21 * s), c.width, 1).data; let n = 0;
            for (let i = 0; i < row.length; i += 4) if (Math.abs(row[i] - want[0]) + Math.abs(row[i + 1] - want[1]) + Math.abs(row[i + 2] - want[2]) < 60) n += 1;
            return n""", '--gap-system')
        if colour < 1:
            raise Failure('over 30 days nothing of the gap is drawn')
        self.screen('34-month')
        b.run(f"location.hash = '#/playback?camera={','.join(self.pair)}&at={self.text(self.gap)}&back'")
        b.until(lambda: self.look()['at'] >= self.gap, 20, 'the gap again')
        self.step('playing skips it and says so')
        b.run("document.querySelector('[data-act=skipGaps]').click()")
        b.wait("document.querySelector('.player').dataset.state === 'playing'", 40, 'it plays behind the gap')
        if self.look()['at'] <= self.gap:
            raise Failure('the gap was not skipped')
        # Both clips began anew there.
        self.apart = None
        self.in_step('behind the gap', 4)

    def activity(self):
        self.step('what moved in a corner is found, and nothing where nothing moved')
        b = self.browser
        self.open(self.pair[:1], self.start + 2000)
        if not b.run("return !document.querySelector('[data-tab=activity]').hidden"):
            raise Failure('there is no search for movement')
        b.wait("document.querySelector('.player-tile')?.dataset.state === 'ready'", 40, 'a picture')
        b.key(' ')
        b.key('a')
        b.wait("document.querySelector('.activity')?.dataset.state === 'found'", 30, 'the whole picture was searched')
        frame = b.run("const c = document.querySelector('.region-layer'); const w = Math.min(c.clientWidth, c.clientHeight * 16 / 9); return [w / c.clientWidth, (w * 9 / 16) / c.clientHeight]")
        spot = lambda x, y: (0.5 + (x - 0.5) * frame[0], 0.5 + (y - 0.5) * frame[1])  # noqa: E731

        def search(points):
            b.drag('.region-layer', [spot(*p) for p in points])
            b.wait("document.querySelector('.activity').dataset.state === 'found'", 30, 'the search has ended')
            time.sleep(0.3)
            b.wait("document.querySelector('.activity').dataset.state === 'found'", 30, 'the search has ended')
            return b.run("return document.querySelectorAll('.activity .event').length")

        hits = search([(0.02, 0.02), (0.3, 0.1), (0.6, 0.12)])
        if hits < 1:
            raise Failure('nothing found where the squares count')
        self.screen('35-activity')
        b.run("document.querySelectorAll('.activity .event')[0].click()")
        from_text = b.run("return document.querySelectorAll('.activity .event')[0].dataset.from")
        b.until(lambda: abs(self.look()['at'] - self.moment(from_text)) < 15_000, 20, 'the result plays')
        self.step(f"  {hits} results in {b.run('return document.querySelector(`.activity`).dataset.took')} ms")
        if search([(0.6, 0.5), (0.8, 0.7), (0.95, 0.9)]) != 0:
            raise Failure('something found where nothing moves')
        b.click('[data-act=heat]')
        b.wait("Number(document.querySelector('.region-layer').dataset.heat) > 0", 20, 'the heat of what moved')
        self.screen('36-heat')
        b.key('a')

    def transcoded(self):
        b = self.browser
        if not self.hevc:
            return
        if b.run("return MediaSource.isTypeSupported('video/mp4; codecs=\"hvc1.1.6.L120.B0\"')"):
            self.step('this browser decodes H.265: transcoding not tried')
            return
        self.step('H.265 plays as transcoded H.264, recorded and live')
        self.open([self.hevc], self.start + 1000)
        video = f'.player-tile[data-camera="{self.hevc}"][data-way=transcoded][data-state=ready] video'
        b.wait(f"document.querySelector('{video}')", 60, 'a transcoded picture')
        self.frames_grow(video, 10, 60)
        badge = b.run("return document.querySelector('.player-tile .tile-badge').textContent")
        if 'H.264' not in badge:
            raise Failure(f'no word of transcoding: {badge}')
        self.screen('37-transcoded')
        self.page(f'live?camera={self.hevc}')
        tile = f'.tile-view[data-camera="{self.hevc}"]'
        b.wait(f"document.querySelector('{tile}')?.dataset.mode === 'transcoded' && document.querySelector('{tile}').dataset.state === 'live'", 60, 'a live transcoded tile')
        self.frames_grow(f'{tile} video', 10, 60)

        self.step('the user may choose pictures, and that is kept')
        b.click(f'{tile} .tile-badge-button')
        self.dialog('codec')
        b.click('dialog[open] input[value=pictures]')
        b.wait(f"document.querySelector('{tile}').dataset.mode === 'pictures' && document.querySelector('{tile} img').naturalWidth > 0", 60, 'pictures')
        self.open([self.hevc], self.start + 1000)
        b.wait("document.querySelector('.player-tile[data-way=pictures][data-state=ready] img')?.naturalWidth > 0", 60, 'recorded pictures')
        b.run("localStorage.removeItem('gridwatch.codec.' + arguments[0])", self.users['monitor'][0])
        self.screen('38-pictures')

    def sound(self):
        b = self.browser
        if not self.heard:
            return
        self.step('sound is heard live and recorded, and only when asked for')
        # Its elements stand in no page: they are noted as they are made.
        b.run("window.heardHere = []; const make = document.createElement.bind(document);"
              "document.createElement = (name, ...rest) => { const made = make(name, ...rest); if (name === 'audio') window.heardHere.push(made); return made; }")
        sounding = "window.heardHere.filter((a) => a.dataset.camera === '%s' && !a.paused && !a.muted && a.volume > 0).reduce((sum, a) => sum + a.webkitAudioDecodedByteCount, 0)" % self.heard

        def grows(what):
            start = b.run(f'return {sounding}')
            b.until(lambda: b.run(f'return {sounding}') > start + 4000, 40, what)

        self.page(f'live?camera={self.heard}')
        tile = f'.tile-view[data-camera="{self.heard}"]'
        b.wait(f"document.querySelector('{tile}')?.dataset.state === 'live'", 60, 'the tile is live')
        self.frames_grow(f'{tile} video', 10, 40)
        if b.run(f'return {sounding}'):
            raise Failure('sound that nobody asked for')
        b.run(f"document.querySelector('{tile}').closest('.tile').querySelector('[data-act=sound]').click()")
        b.wait(f"document.querySelector('{tile}').dataset.sound === 'true'", 40, 'sound comes with the tile')
        grows('live sound is decoded')
        self.frames_grow(f'{tile} video', 10, 40)
        self.screen('39-sound')
        b.run(f"document.querySelector('{tile}').closest('.tile').querySelector('[data-act=sound]').click()")
        b.until(lambda: not b.run(f'return {sounding}'), 20, 'it is silent again')

        self.open([self.heard], self.start + 1000)
        b.wait("document.querySelector('.player-tile[data-state=ready] video')", 40, 'the recorded picture')
        b.click('.controls .sound button')
        b.run("const play = document.querySelector('.controls [data-act=play]'); if (play.dataset.playing !== 'true') play.click()")
        grows('recorded sound is decoded')

    def run(self):
        try:
            self.sign_in('monitor')
            parts = (self.two_in_step, self.speeds, self.scrub, self.gaps, self.activity, self.transcoded, self.sound)
            for part in parts:
                if self.only and part.__name__ not in self.only:
                    continue
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
    parser.add_argument('--user', action='append', metavar='ROLE=NAME:PASSWORD', required=True)
    parser.add_argument('--cameras', metavar='ID,ID', required=True)
    parser.add_argument('--from', dest='start', metavar='TIME', required=True)
    parser.add_argument('--to', metavar='TIME', required=True)
    parser.add_argument('--loop', type=int, default=500, metavar='FRAMES', help='length of the clip')
    parser.add_argument('--gap', metavar='TIME')
    parser.add_argument('--reason', default='crash', metavar='CODE')
    parser.add_argument('--hevc', metavar='ID')
    parser.add_argument('--sound', metavar='ID', help='a camera with sound')
    parser.add_argument('--only', metavar='PART,PART')
    parser.add_argument('--screens', metavar='FOLDER')
    options = parser.parse_args()
    options.password, options.camera = None, None
    try:
        RecordingTest(options).run()
    except Failure as failure:
        print(f'FAILED: {failure}')
        return 1
    print('recorded pictures work')
    return 0


if __name__ == '__main__':
    sys.exit(main())
