#!/usr/bin/python3
"""Reading recordings in a real browser, against a running service with an H.264 camera and an H.265 camera.

Usage: reading_test.py URL --user NAME:PASSWORD [--sound CAMERA] [--seconds N]

Takes what is recorded of the last N seconds (12). Prints each step; exit code 1 and what failed when something does.
"""
import argparse
import json
import os
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from webdriver import Browser, Failure  # noqa: E402

# Reads a framed stream into media sources, one per track, as the pages do: `at` maps media time to wall time.
READER = """
window.reading = {views: [], open(url, name, origin) {
  const view = {name, origin, types: [], refused: null, ended: false, error: null, bytes: 0, fragments: 0, at: [],
    pictures: 0, drift: 0, started: performance.now(), took: 0, width: 0};
  const element = document.createElement('video');
  element.muted = true;
  document.body.append(element);
  view.element = element;
  const source = new MediaSource();
  element.src = URL.createObjectURL(source);
  element.addEventListener('error', () => { view.error = element.error?.message || 'error'; });
  const buffers = {}, queues = {};
  const drain = (track) => {
    const buffer = buffers[track], queue = queues[track];
    if (!buffer || buffer.updating || !queue.length) return;
    const next = queue.shift();
    try {
      if (next.offset !== undefined) buffer.timestampOffset = next.offset; else buffer.appendBuffer(next.bytes);
      if (next.offset !== undefined) drain(track);
    } catch (error) { view.error = String(error); }
  };
  const message = async (header, payload) => {
    view.types.push(header.type + (header.track ? ':' + header.track : ''));
    if (header.type === 'refused' || header.type === 'failed') view.refused = header.code;
    if (header.type === 'end') { view.ended = true; view.took = performance.now() - view.started; }
    if (header.type === 'picture') {
      const image = await createImageBitmap(new Blob([payload], {type: 'image/jpeg'}));
      view.pictures += 1; view.width = image.width;
    }
    if (header.type === 'init') {
      const track = header.track;
      if (!buffers[track]) {
        queues[track] = [];
        buffers[track] = source.addSourceBuffer(header.mime);
        buffers[track].mode = 'segments';
        buffers[track].addEventListener('updateend', () => drain(track));
        buffers[track].addEventListener('error', () => { view.error = 'append failed: ' + track; });
      }
      view[track + 'Mime'] = header.mime;
      view.run = null;
      queues[track].push({bytes: payload});
      drain(track);
    }
    if (header.type === 'fragment') {
      const track = header.track;
      if (view.origin === null) view.origin = Date.parse(header.at);
      const offset = (Date.parse(header.at) - view.origin) / 1000 - header.tfdt / header.timescale;
      if (track === 'video') { view.fragments += 1; view.at.push(header.at); }
      if (view['run' + track] !== header.run) {
        queues[track].push({offset}); view['run' + track] = header.run; view['offset' + track] = offset;
      }
      // How far what a page shows would be from what `at` says.
      view.drift = Math.max(view.drift, Math.abs(offset - view['offset' + track]) * 1000);
      view.bytes += payload.byteLength;
      queues[track].push({bytes: payload});
      drain(track);
    }
  };
  const opened = new Promise((done) => source.addEventListener('sourceopen', done, {once: true}));
  view.stop = new AbortController();
  (async () => {
    await opened;
    const answer = await fetch(url, {signal: view.stop.signal});
    view.status = answer.status;
    if (!answer.ok) { view.problem = await answer.json(); return; }
    const reader = answer.body.getReader();
    let rest = new Uint8Array(0);
    for (;;) {
      const {value, done} = await reader.read();
      if (done) break;
      const joined = new Uint8Array(rest.length + value.length);
      joined.set(rest); joined.set(value, rest.length); rest = joined;
      for (;;) {
        if (rest.length < 8) break;
        const lengths = new DataView(rest.buffer, rest.byteOffset, 8);
        const header = lengths.getUint32(0), payload = lengths.getUint32(4);
        if (rest.length < 8 + header + payload) break;
        await message(JSON.parse(new TextDecoder().decode(rest.subarray(8, 8 + header))),
                      rest.slice(8 + header, 8 + header + payload));
        rest = rest.slice(8 + header + payload);
      }
    }
  })().catch((error) => { if (error.name !== 'AbortError') view.error = String(error); });
  this.views.push(view);
  return this.views.length - 1;
}, facts(index) {
  const view = this.views[index], element = view.element, quality = element.getVideoPlaybackQuality();
  const ranges = [];
  for (let i = 0; i < element.buffered.length; i++) ranges.push([element.buffered.start(i), element.buffered.end(i)]);
  return {status: view.status, problem: view.problem, types: view.types, refused: view.refused, ended: view.ended,
    error: view.error, fragments: view.fragments, frames: quality.totalVideoFrames, width: element.videoWidth,
    height: element.videoHeight, time: element.currentTime, ranges, at: view.at, pictures: view.pictures,
    pictureWidth: view.width, drift: view.drift, took: view.took, videoMime: view.videoMime, audioMime: view.audioMime,
    audioBytes: element.webkitAudioDecodedByteCount, wall: view.origin + element.currentTime * 1000};
}, close(index) {
  const view = this.views[index];
  view.stop.abort(); view.element.removeAttribute('src'); view.element.load(); view.element.remove();
}};
return true;
"""


class ReadingTest:
    def __init__(self, options):
        self.base = options.url.rstrip('/')
        self.user, self.password = options.user.split(':', 1)
        self.seconds = options.seconds
        self.sound = options.sound
        self.browser = Browser(tempfile.mkdtemp(prefix='gridwatch-reading-'))

    def step(self, text):
        print(f'· {text}', flush=True)

    def facts(self, view):
        facts = self.browser.run('return window.reading.facts(arguments[0])', view)
        if facts['error']:
            raise Failure(f"view {view}: {facts['error']}; {facts['types'][:6]}")
        return facts

    def open(self, path, origin=None):
        return self.browser.run("return window.reading.open(arguments[0], '', arguments[1])", '/api/v1' + path, origin)

    def until(self, view, condition, seconds, what):
        return self.browser.until(lambda: (lambda f: f if condition(f) else None)(self.facts(view)), seconds, what)

    def close(self, view):
        self.browser.run('window.reading.close(arguments[0])', view)

    def get(self, path):
        return self.browser.call('POST', '/execute/async', {'script':
            "const done = arguments[1]; fetch('/api/v1' + arguments[0]).then(async (a) => done({status: a.status, "
            "text: await a.text()}))", 'args': [path]})

    def start(self):
        b = self.browser
        b.go(f'{self.base}/healthz')
        status = b.call('POST', '/execute/async', {'script':
            "const done = arguments[2]; fetch('/api/v1/session', {method: 'POST', headers: {'Content-Type': "
            "'application/json'}, body: JSON.stringify({name: arguments[0], password: arguments[1]})}).then("
            "(a) => done(a.status))", 'args': [self.user, self.password]})
        if status != 200:
            raise Failure(f'{self.user} can not sign in: {status}')
        b.run(READER)
        cameras = json.loads(self.get('/cameras')['text'])['items']
        self.plain = next(c['id'] for c in cameras if c['codec'] == 'h264' and c['state'] == 'live')
        self.other = next(c['id'] for c in cameras if c['codec'] == 'hevc' and c['state'] == 'live')
        server = json.loads(self.get('/session')['text'])['serverTime']
        now = b.run('return Date.parse(arguments[0])', server) - 12000
        self.to, self.frm = now, now - self.seconds * 1000
        self.range = urllib.parse.urlencode({'from': self.text(self.frm), 'to': self.text(self.to)})

    def text(self, milliseconds):
        return time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(milliseconds // 1000)) + f'.{int(milliseconds % 1000):03d}Z'

    # Steps

    def hls(self, camera, query=''):
        b = self.browser
        if not b.run("return document.createElement('video').canPlayType('application/vnd.apple.mpegurl') !== ''"):
            print('  skipped: this browser plays no HLS')
            return
        url = f'/api/v1/cameras/{camera}/recording.m3u8?{self.range}{query}'
        b.run("const v = document.createElement('video'); v.id = 'hls'; v.muted = true; v.src = arguments[0];"
              "document.body.append(v); v.play().catch(() => 0)", url)
        b.until(lambda: b.run("const v = document.getElementById('hls'); if (v.error) throw v.error.message;"
                              "return v.getVideoPlaybackQuality().totalVideoFrames > 30 && v.currentTime > 1"), 40,
                f'{url} plays')
        facts = b.run("const v = document.getElementById('hls'); return [v.duration, v.videoWidth, v.videoHeight]")
        b.run("document.getElementById('hls').currentTime = arguments[0]", facts[0] - 2)
        b.until(lambda: b.run("const v = document.getElementById('hls'); if (v.error) throw v.error.message;"
                              "return !v.seeking && v.currentTime > arguments[0]", facts[0] - 1.8), 40, 'it plays after a seek')
        b.run("const v = document.getElementById('hls'); v.removeAttribute('src'); v.load(); v.remove()")
        print(f'  {facts[0]:.1f} s of {facts[1]}×{facts[2]}')

    def transcoded_live(self):
        began = time.monotonic()
        view = self.open(f'/live?transcode={self.other}&width=480')
        facts = self.until(view, lambda f: f['ranges'], 30, 'the first fragment is there')
        first = time.monotonic() - began
        self.browser.run("const v = window.reading.views[arguments[0]].element; v.currentTime = v.buffered.start(0);"
                         "v.play()", view)
        facts = self.until(view, lambda f: f['frames'] >= 30, 40, '30 decoded frames')
        if facts['width'] != 480 or 'avc1' not in facts['videoMime']:
            raise Failure(f'not H.264 of the tile: {facts}')
        late = self.browser.run("const v = window.reading.views[arguments[0]]; return Date.now() - v.origin -"
                                "v.element.buffered.end(v.element.buffered.length - 1) * 1000", view)
        self.close(view)
        print(f"  {facts['width']}×{facts['height']}, first fragment after {first:.1f} s, newest {late:.0f} ms old")

    def transcoded_playback(self):
        view = self.open(f'/cameras/{self.other}/playback?{self.range}&codec=h264&width=480', self.frm)
        facts = self.until(view, lambda f: f['ended'], 60, 'the whole range is there')
        self.browser.run("const v = window.reading.views[arguments[0]].element; v.currentTime = v.buffered.start(0) + .01;"
                         "v.play()", view)
        facts = self.until(view, lambda f: f['frames'] >= 30, 40, '30 decoded frames')
        print(f"  {self.seconds} s in {facts['took'] / 1000:.1f} s")
        self.close(view)

    def keys(self):
        orders = []
        for query in ['mode=keys', 'direction=reverse']:
            for camera, codec in [(self.plain, ''), (self.other, '&codec=h264&width=320')]:
                view = self.open(f'/cameras/{camera}/playback?{self.range}&{query}{codec}', self.frm)
                facts = self.until(view, lambda f: f['ended'] and f['ranges'], 40, f'{query} of {camera}')
                ordered = sorted(facts['at'])
                if facts['at'] != (ordered[::-1] if 'reverse' in query else ordered) or facts['fragments'] < 2:
                    raise Failure(f"{query}: {facts['at']}")
                if len(facts['ranges']) != 1:
                    raise Failure(f"{query}: holes between the key frames: {facts['ranges']}")
                self.browser.run("const v = window.reading.views[arguments[0]].element;"
                                 "v.currentTime = (v.buffered.start(0) + v.buffered.end(0)) / 2", view)
                self.browser.wait(f'!window.reading.views[{view}].element.seeking && '
                                  f'window.reading.views[{view}].element.readyState >= 2', 20, 'the key frame shows')
                orders.append(facts['fragments'])
                self.close(view)
        print(f'  {orders} key frames')

    def in_step(self):
        views = [self.open(f'/cameras/{self.plain}/playback?{self.range}', self.frm),
                 self.open(f'/cameras/{self.other}/playback?{self.range}&codec=h264&width=480', self.frm)]
        starts = [self.until(v, lambda f: f['ended'] and f['ranges'], 60, 'both are there')['ranges'][0][0] for v in views]
        start = max(starts) + 0.2
        b = self.browser
        b.run("for (const i of arguments[0]) window.reading.views[i].element.currentTime = arguments[1]", views, start)
        for view in views:
            b.wait(f'!window.reading.views[{view}].element.seeking && '
                   f'window.reading.views[{view}].element.readyState >= 3', 20, 'both can play')
        b.run("for (const i of arguments[0]) window.reading.views[i].element.play()", views)
        worst = 0
        # As a page does it: the second follows the first by its rate.
        end = time.monotonic() + 4
        while time.monotonic() < end:
            gap = b.run("const [a, c] = arguments[0].map((i) => window.reading.views[i]);"
                        "const wall = (v) => v.origin + v.element.currentTime * 1000; const gap = wall(c) - wall(a);"
                        "c.element.playbackRate = Math.min(1.1, Math.max(0.9, 1 - gap / 1000)); return gap", views)
            if time.monotonic() > end - 2.5:
                worst = max(worst, abs(gap))
            time.sleep(0.05)
        facts = [self.facts(view) for view in views]
        for view in views:
            self.close(view)
        if min(f['time'] for f in facts) < start + 2:
            raise Failure(f"they don't play: {[f['time'] for f in facts]}")
        drift = max(f['drift'] for f in facts)
        if worst + drift > 100:
            raise Failure(f'the two are {worst:.1f} ms apart, their times {drift:.1f} ms off')
        print(f'  at most {worst:.1f} ms apart, their times {drift:.1f} ms off')

    def thumbnails(self):
        for camera in [self.plain, self.other]:
            view = self.open(f'/cameras/{camera}/thumbnails?{self.range}&count=40&width=160')
            facts = self.until(view, lambda f: f['ended'], 30, 'thumbnails')
            if facts['pictures'] < 2 or facts['pictureWidth'] > 160:
                raise Failure(f'{facts}')
            print(f"  {camera}: {facts['pictures']} in {facts['took']:.0f} ms")
            self.close(view)

    def hear(self):
        view = self.open(f'/cameras/{self.sound}/playback?{self.range}&audio=1', self.frm)
        facts = self.until(view, lambda f: f['ended'], 30, 'picture and sound')
        if 'fragment:audio' not in facts['types'] or not (facts['audioMime'] or '').startswith('audio/mp4'):
            raise Failure(f"no sound: {facts['types'][:8]}")
        self.browser.run("const v = window.reading.views[arguments[0]].element; v.currentTime = v.buffered.start(0) + .01;"
                         "v.play()", view)
        self.until(view, lambda f: f['audioBytes'] > 1000 and f['frames'] > 20, 30, 'sound is decoded')
        print(f"  {facts['audioMime']}")
        self.close(view)

    def run(self):
        self.start()
        self.step('H.264 plays by HLS')
        self.hls(self.plain)
        self.step('H.265 plays by HLS as H.264')
        self.hls(self.other, '&codec=h264&width=480')
        self.step('H.265 plays live as H.264 of the tile')
        self.transcoded_live()
        self.step('recorded H.265 plays as H.264')
        self.transcoded_playback()
        self.step('key frames forwards and backwards')
        self.keys()
        self.step('two cameras in step')
        self.in_step()
        self.step('thumbnails')
        self.thumbnails()
        if self.sound:
            self.step('recorded sound')
            self.hear()
        print('all steps passed')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('url')
    parser.add_argument('--user', required=True)
    parser.add_argument('--sound')
    parser.add_argument('--seconds', type=int, default=12)
    test = ReadingTest(parser.parse_args())
    try:
        test.run()
    except Failure as failure:
        print(f'FAILED: {failure}')
        sys.exit(1)
    finally:
        test.browser.close()


if __name__ == '__main__':
    main()
