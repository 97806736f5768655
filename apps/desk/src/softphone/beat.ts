/** Runs in a worker of its own. */
const beatSource = (everyMs: number): string => `setInterval(() => postMessage(0), ${everyMs})`;

/** Calls `run` again and again, also while the page is out of sight: there its own timers run once a second, a worker's go on. */
export function startBeat(everyMs: number, run: () => void): () => void {
  try {
    const address = URL.createObjectURL(new Blob([beatSource(everyMs)], { type: "text/javascript" }));
    const worker = new Worker(address);
    worker.addEventListener("message", run);
    return () => {
      worker.terminate();
      URL.revokeObjectURL(address);
    };
  } catch {
    // No workers here: a page in sight keeps time just as well.
    const timer = setInterval(run, everyMs);
    return () => clearInterval(timer);
  }
}
