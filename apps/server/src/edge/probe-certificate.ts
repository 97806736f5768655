// Looks at a carrier's certificate without believing it: until when, and what would keep us from trusting it.
import { checkServerIdentity, connect } from "node:tls";
import type { TrunkConfig, TrunkProbe } from "@allo/contract";
import { isIP } from "node:net";
import type { PeerAddress } from "@allo/sip";

type Certificate = TrunkProbe["targets"][number]["certificate"];

const PROBE_MS_MAX = 5_000;

/** Null where no handshake came about. */
export async function probeCertificate(peer: PeerAddress, tls: TrunkConfig["tls"], at: number): Promise<Certificate> {
  return await new Promise<Certificate>((resolve) => {
    const socket = connect({
      host: peer.address,
      port: peer.port,
      rejectUnauthorized: false,
      ...(isIP(peer.host) === 0 ? { servername: peer.host } : {}),
      ...(tls.caPem === null ? {} : { ca: tls.caPem }),
    });
    const end = (certificate: Certificate): void => {
      socket.destroy();
      resolve(certificate);
    };
    socket.setTimeout(PROBE_MS_MAX, () => end(null));
    socket.once("error", () => end(null));
    socket.once("secureConnect", () => {
      const certificate = socket.getPeerCertificate();
      const validTo = Date.parse(certificate.valid_to);
      const until = Number.isNaN(validTo) ? null : validTo;
      const plain = (text: string): string => text.replaceAll(/[^0-9A-Fa-f]/g, "").toUpperCase();
      if (tls.fingerprint !== null) {
        end({ validTo: until, trouble: plain(certificate.fingerprint256) === plain(tls.fingerprint) ? null : "other" });
        return;
      }
      if (until !== null && until < at) end({ validTo: until, trouble: "ended" });
      else if (!socket.authorized) end({ validTo: until, trouble: "untrusted" });
      else end({ validTo: until, trouble: checkServerIdentity(peer.host, certificate) === undefined ? null : "wrongName" });
    });
  });
}
