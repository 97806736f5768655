import { describe, expect, it } from "vitest";
import { createPasswords } from "./passwords.ts";

describe("passwords", () => {
  const passwords = createPasswords();

  it("stores a salted Argon2id string and knows the password again", async () => {
    const [one, two] = await Promise.all([passwords.hash("пароль № 1 گذر"), passwords.hash("пароль № 1 گذر")]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(one).not.toBe(two);
    expect(await passwords.verify("пароль № 1 گذر", one)).toBe(true);
    expect(await passwords.verify("пароль № 2 گذر", one)).toBe(false);
    expect(passwords.needsRehash(one)).toBe(false);
    expect(passwords.needsRehash(one.replace("m=19456", "m=8192"))).toBe(true);
  });

  it("takes both Unicode spellings of a letter for the same", async () => {
    expect(await passwords.verify("cafe\u0301 caf\u00e9 longer", await passwords.hash("caf\u00e9 cafe\u0301 longer"))).toBe(true);
  });

  it("says no to nobody's password and to a broken string, after the same work", async () => {
    expect(await passwords.verify("anything at all", null)).toBe(false);
    expect(await passwords.verify("anything at all", "$argon2id$broken")).toBe(false);
    const known = await passwords.hash("anything at all");
    const time = async (stored: string | null) => {
      const times: number[] = [];
      for (let round = 0; round < 5; round += 1) {
        const started = performance.now();
        await passwords.verify("wrong password", stored);
        times.push(performance.now() - started);
      }
      return Math.min(...times);
    };
    const [withHash, without] = [await time(known), await time(null)];
    expect(without).toBeGreaterThan(withHash * 0.5);
    expect(without).toBeLessThan(withHash * 2);
  });

  it("matches the known answer of Argon2id", async () => {
    // Made by the reference program: echo -n password | argon2 somesalt -id -t 2 -k 65536 -p 1 -l 32
    const stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    expect(await passwords.verify("password", stored)).toBe(true);
  });
});
