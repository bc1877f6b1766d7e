"""The W3C WebDriver protocol, as far as the browser test needs it, over the standard library only."""
import base64
import json
import os
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request


# A limit is what a person would still wait, times this: a loaded machine must not fail a page that works.
PATIENCE = 4


class Failure(Exception):
    """Something that the test expected did not happen; the text says what."""


class Browser:
    """A headless Chromium with a driver of its own; `close` ends both."""

    def __init__(self, downloads, width=1920, height=1080):
        driver = os.environ.get('CHROMEDRIVER') or shutil.which('chromedriver')
        if not driver:
            raise Failure('chromedriver is not installed (Debian: chromium-driver)')
        with socket.socket() as probe:
            probe.bind(('127.0.0.1', 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen([driver, f'--port={self.port}'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.session = None
        try:
            self.until(lambda: self._ready(), 20, 'chromedriver answers')
            options = {
                'args': ['--headless=new', '--no-sandbox', '--disable-dev-shm-usage', '--hide-scrollbars',
                         '--autoplay-policy=no-user-gesture-required', f'--window-size={width},{height}'],
                'prefs': {'download.default_directory': downloads, 'download.prompt_for_download': False},
            }
            answer = self._request('POST', '/session', {'capabilities': {'alwaysMatch': {
                'browserName': 'chrome', 'goog:chromeOptions': options, 'goog:loggingPrefs': {'browser': 'ALL'}}}})
            self.session = answer['sessionId']
            self.call('POST', '/timeouts', {'script': 30000 * PATIENCE, 'pageLoad': 60000 * PATIENCE})
        except BaseException:
            self.close()
            raise

    def _ready(self):
        try:
            return self._request('GET', '/status').get('ready')
        except (OSError, Failure):
            return False

    def _request(self, method, path, body=None):
        data = json.dumps(body or {}).encode() if method == 'POST' else None
        request = urllib.request.Request(f'http://127.0.0.1:{self.port}{path}', method=method, data=data, headers={'Content-Type': 'application/json'})
        try:
            with urllib.request.urlopen(request, timeout=90 * PATIENCE) as answer:
                return json.load(answer)['value']
        except urllib.error.HTTPError as error:
            value = json.load(error).get('value', {})
            raise Failure(f"{value.get('error')}: {str(value.get('message'))[:300]}") from None

    def call(self, method, path, body=None):
        return self._request(method, f'/session/{self.session}{path}', body)

    def close(self):
        try:
            if self.session:
                self.call('DELETE', '')
        except (OSError, Failure):
            pass
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()

    @staticmethod
    def until(condition, seconds, what):
        """Polls until the condition gives something true, and returns that."""
        end = time.monotonic() + seconds * PATIENCE
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > end:
                raise Failure(f'not within {seconds * PATIENCE} s: {what}')
            time.sleep(0.1)

    def go(self, url):
        self.call('POST', '/url', {'url': url})

    def run(self, script, *arguments):
        return self.call('POST', '/execute/sync', {'script': script, 'args': list(arguments)})

    def wait(self, expression, seconds=20, what=None):
        return self.until(lambda: self.run(f'return {expression}'), seconds, what or expression)

    def key(self, key):
        self.call('POST', '/actions', {'actions': [{'type': 'key', 'id': 'keys', 'actions': [
            {'type': 'keyDown', 'value': key}, {'type': 'keyUp', 'value': key}]}]})

    def drag(self, selector, points, between=None):
        """Presses at the first of the points (fractions of the element's box), moves over the others, lets go; calls `between` before that."""
        box = self.run('const r = document.querySelector(arguments[0]).getBoundingClientRect(); return [r.left, r.top, r.width, r.height]', selector)
        moves = [{'type': 'pointerMove', 'duration': 40, 'x': round(box[0] + x * box[2]), 'y': round(box[1] + y * box[3])} for x, y in points]

        def send(actions):
            self.call('POST', '/actions', {'actions': [{'type': 'pointer', 'id': 'mouse', 'parameters': {'pointerType': 'mouse'}, 'actions': actions}]})

        send([moves[0], {'type': 'pointerDown', 'button': 0}, *moves[1:]])
        try:
            return between() if between else None
        finally:
            send([{'type': 'pointerUp', 'button': 0}])

    def click(self, selector, seconds=20):
        self.wait(f'document.querySelector({json.dumps(selector)})', seconds, f'{selector} is there')
        self.run('const e = document.querySelector(arguments[0]); e.scrollIntoView({block: "center"}); e.click();', selector)

    def fill(self, selector, text):
        self.wait(f'document.querySelector({json.dumps(selector)})', 20, f'{selector} is there')
        self.run('const e = document.querySelector(arguments[0]); e.value = arguments[1];'
                 'e.dispatchEvent(new Event("input", {bubbles: true})); e.dispatchEvent(new Event("change", {bubbles: true}));', selector, text)

    def upload(self, selector, path):
        """Chooses a file in a file field."""
        found = self.call('POST', '/element', {'using': 'css selector', 'value': selector})
        self.call('POST', f'/element/{next(iter(found.values()))}/value', {'text': path})

    def screenshot(self, path):
        with open(path, 'wb') as file:
            file.write(base64.b64decode(self.call('GET', '/screenshot')))

    def log(self):
        return self.call('POST', '/se/log', {'type': 'browser'})

    def windows(self):
        return self.call('GET', '/window/handles')

    def new_tab(self):
        handle = self.call('POST', '/window/new', {'type': 'tab'})['handle']
        self.switch(handle)
        return handle

    def switch(self, handle):
        self.call('POST', '/window', {'handle': handle})

    def close_tab(self):
        self.call('DELETE', '/window')
