// Work that goes on while a view is shown, and rests while nobody sees the page.

/** Wait, at most until the signal. */
export function pause(milliseconds, signal) {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    }
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}

/** Wait until the page is to be seen, at most until the signal. */
export function seen(signal) {
  return new Promise((resolve) => {
    function look() {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      signal.removeEventListener("abort", look);
      resolve();
    }
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look);
    look();
  });
}

/** A signal that aborts with another, or when the page is hidden. */
export function untilHidden(outer) {
  const controller = new AbortController();
  const look = () => document.hidden && controller.abort();
  document.addEventListener("visibilitychange", look);
  return {
    signal: AbortSignal.any([outer, controller.signal]),
    forget: () => document.removeEventListener("visibilitychange", look),
  };
}

/**
 * Run something again and again while the page is seen, until the signal or until it returns true.
 *
 * A slow server is asked less often. Returns a function that makes the next time now.
 */
export function poll(interval, signal, run) {
  let hurry = new AbortController();
  (async () => {
    while (!signal.aborted) {
      await seen(signal);
      if (signal.aborted) return;
      hurry = new AbortController();
      const began = performance.now();
      if (await run()) return;
      const took = performance.now() - began;
      await pause(Math.max(interval, 4 * took), AbortSignal.any([signal, hurry.signal]));
    }
  })();
  return () => hurry.abort();
}

/** Gather calls: `run` is called once, before the next frame is drawn. */
export function onceAFrame(run) {
  let asked = 0;
  return () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      run();
    });
  };
}
