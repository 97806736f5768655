/** Events between modules of one process: delivered at once and in order; a listener that throws stops nobody else. */
export type EventBus<Events extends Record<string, unknown>> = {
  /** Returns a function that takes the listener off. */
  on<K extends keyof Events>(kind: K, listener: (event: Events[K]) => void): () => void;
  emit<K extends keyof Events>(kind: K, event: Events[K]): void;
};

export function createEventBus<Events extends Record<string, unknown>>(
  onListenerError: (error: unknown, kind: keyof Events) => void,
): EventBus<Events> {
  const listeners = new Map<keyof Events, Set<(event: never) => void>>();
  return {
    on(kind, listener) {
      const known = listeners.get(kind) ?? new Set();
      listeners.set(kind, known);
      known.add(listener);
      return () => {
        known.delete(listener);
      };
    },
    emit(kind, event) {
      for (const listener of listeners.get(kind) ?? []) {
        try {
          listener(event as never);
        } catch (error) {
          onListenerError(error, kind);
        }
      }
    },
  };
}
