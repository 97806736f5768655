// What an edge measures of its own network when it is asked: doors, audio ports, addresses.

export type NetworkProbe = {
  readonly doors: readonly {
    readonly door: "trunks" | "devices" | "secure";
    readonly protocol: "UDP" | "TCP" | "TLS";
    /** An address of this machine by which the door was tried. */
    readonly address: string;
    readonly port: number;
    /** closed: nobody listens there. silent: what was sent found no answer. */
    readonly outcome: "answered" | "silent" | "closed";
  }[];
  /** Null: any free port of the system. */
  readonly audioPorts: { readonly first: number; readonly last: number; readonly tried: number; readonly taken: number } | null;
  /** Packets from one audio port to another by these addresses of this machine. */
  readonly audio: readonly { readonly address: string; readonly arrived: boolean }[];
  /** What a peer on the internet is told of where we are. */
  readonly named: string;
  readonly isNamedBySetting: boolean;
};

/** What a short call of the doctor's own showed. */
export type CallProbe = {
  readonly outcome: "answered" | "unanswered" | "failed";
  readonly status: number | null;
  readonly packetsSent: number;
  readonly packetsReceived: number;
  readonly packetsLost: number;
  /** What the far end reports of ours that it missed; null: it reports nothing. */
  readonly farEndLost: number | null;
  /** The keys that we sounded came back. */
  readonly echoed: boolean;
};
