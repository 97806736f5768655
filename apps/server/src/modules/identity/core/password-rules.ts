const DISTINCT_MIN = 5;
const COMMON = new Set([
  "1234567890",
  "12345678910",
  "0123456789",
  "9876543210",
  "qwertyuiop",
  "qwerty12345",
  "qwerty123456",
  "1q2w3e4r5t",
  "1qaz2wsx3edc",
  "password12",
  "password123",
  "password1234",
  "passw0rd123",
  "administrator",
  "welcome123",
  "letmein123",
  "iloveyou123",
  "changeme123",
  "йцукенгшщз",
  "пароль1234",
  "пароль12345",
  "парольпароль",
  "callcenter",
  "callcentre",
  "contactcenter",
]);

/** Whether a password is among the first that anyone would try for this person. Length is the schema's matter. */
export function isPasswordWeak(password: string, person: { readonly name: string; readonly email: string }): boolean {
  const plain = password.normalize("NFC").toLowerCase();
  if (new Set(plain).size < DISTINCT_MIN) return true;
  if (COMMON.has(plain)) return true;
  const email = person.email.toLowerCase();
  return plain === email || plain === person.name.toLowerCase() || plain.replaceAll(/\d/g, "") === email.split("@", 1)[0];
}
