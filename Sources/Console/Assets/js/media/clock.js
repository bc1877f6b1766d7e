// The one clock of a playback: every camera's picture is held to it.

export class PlaybackClock {
  #wall = 0;
  #since = 0;
  #rate = 1;
  #running = false;
  #held = false;

  /** @param {() => number} [time] ms that only grow */
  constructor(time = () => performance.now()) {
    this.time = time;
  }

  /** Wall ms of the moment shown. */
  get at() {
    return this.#running && !this.#held ? this.#wall + (this.time() - this.#since) * this.#rate : this.#wall;
  }
  /** Times the speed of life; negative runs back. */
  get rate() { return this.#rate; }
  set rate(rate) { this.#anchor(); this.#rate = rate; }
  /** Whether somebody wants it to run. */
  get running() { return this.#running; }
  set running(running) { this.#anchor(); this.#running = running; }
  /** It stands although it should run: a picture is awaited. */
  get held() { return this.#held; }
  set held(held) {
    if (held === this.#held) return;
    this.#anchor();
    this.#held = held;
  }

  /** @param {number} wall ms */
  set(wall) {
    this.#wall = wall;
    this.#since = this.time();
  }

  #anchor() { this.set(this.at); }
}
