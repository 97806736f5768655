// What is wrong with a recorder as it is set up, field by field; nothing where it may stand.
import type { RecorderSettings } from "@allo/contract";

export type RecorderFault = { readonly path: string; readonly code: string; readonly message: string };

export function recorderFaults(
  recorder: RecorderSettings,
  known: { readonly hasPassword: boolean; readonly isCertificate: (pem: string) => boolean },
): readonly RecorderFault[] {
  const faults: RecorderFault[] = [];
  const fault = (path: string, code: string, message: string): void => void faults.push({ path, code, message });
  if (recorder.name.trim() === "") fault("name", "empty", "must not be empty");
  if (recorder.accountUser !== null && !known.hasPassword) fault("password", "empty", "needs the password of the user");
  // Keys in a description that anybody can read seal nothing.
  if (recorder.srtp && recorder.transport !== "tls") fault("srtp", "needsTls", "can be sealed only where the signalling is under TLS");
  if (recorder.tls.caPem !== null && !known.isCertificate(recorder.tls.caPem))
    fault("tls.caPem", "notACertificate", "is no certificate in PEM form");
  return faults;
}
