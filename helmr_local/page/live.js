// Background work of a view, which pauses while the page is hidden.

/** Wait for that time, or until the signal aborts. */
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

/** Wait until the page is visible, or until the signal aborts. */
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

/** Return a signal that aborts with another one, or when the page is hidden. */
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
 * Call a function repeatedly while the page is visible, until the signal aborts or the function returns true.
 *
 * The interval grows with the duration of a call. Returns a function that triggers the next call immediately.
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

/** Return a function that combines calls: `run` is called once, before the next frame is drawn. */
export function onceAFrame(run) {
  let asked = 0;
  return () => {
    asked ||= requestAnimationFrame(() => {
      asked = 0;
      run();
    });
  };
}
