import { expect, test } from "vitest";
import { grandstreamFile, linphoneFile, type PhoneAccount } from "./phone-setup.ts";

const account: PhoneAccount = {
  name: 'Reception "A" & <b>\u0007',
  domain: "2001:db8::1",
  port: 5061,
  transport: "tls",
  username: "abc",
  password: "p4ss",
};

test("Linphone is told to register over the transport that was chosen, with sealed audio where that is TLS", () => {
  const { text } = linphoneFile(account);
  expect(text).toContain(">&lt;sip:[2001:db8::1]:5061;transport=tls&gt;</entry>");
  expect(text).toContain('<entry name="media_encryption" overwrite="true">srtp</entry>');
  expect(linphoneFile({ ...account, transport: "udp" }).text).toContain('<entry name="media_encryption" overwrite="true">none</entry>');
});

test("a name can't break out of the file, and holds no character that XML forbids", () => {
  const { text } = linphoneFile(account);
  expect(text).toContain("&quot;Reception \\&quot;A\\&quot; &amp; &lt;b&gt; &quot;");
  expect(text).not.toContain("\u0007");
  expect(grandstreamFile(account).text).toContain("<P270>Reception &quot;A&quot; &amp; &lt;b&gt; </P270>");
});

test("a Grandstream phone gets server, user, password and its number for the transport", () => {
  const { text } = grandstreamFile(account);
  for (const line of [
    "<P271>1</P271>",
    "<P47>[2001:db8::1]:5061</P47>",
    "<P35>abc</P35>",
    "<P34>p4ss</P34>",
    "<P130>2</P130>",
    "<P183>1</P183>",
  ])
    expect(text).toContain(line);
  expect(grandstreamFile({ ...account, transport: "udp" }).text).toContain("<P130>0</P130>");
});
