// The words of the install page. Names of menus are those of each system in that language.
export type InstallLanguage = "en" | "ru" | "fa";
export type System = "windows" | "macos" | "ios" | "android" | "linux" | "firefox";
type Steps = { readonly name: string; readonly steps: readonly string[] };
export type InstallWords = {
  readonly languages: string;
  readonly title: string;
  readonly why: string;
  readonly limits: string;
  readonly compareTitle: string;
  readonly compare: string;
  readonly windowsPrint: string;
  readonly until: string;
  readonly downloadTitle: string;
  readonly download: string;
  readonly downloadProfile: string;
  readonly downloadPem: string;
  readonly stepsTitle: string;
  readonly systems: Readonly<Record<System, Steps>>;
  readonly checkTitle: string;
  readonly check: string;
  readonly open: string;
  readonly removeTitle: string;
  readonly remove: string;
  readonly nothingTitle: string;
  readonly nothing: string;
};

const en: InstallWords = {
  languages: "Languages",
  title: "Let this device trust Allo",
  why: "Browsers give a page the microphone only over a connection that they trust. This contact centre has a certificate authority of its own; once it is installed here, calls in the browser work and the warnings end.",
  limits:
    "The authority can vouch only for addresses and names of a local network and for the machine that Allo runs on, never for other sites. Install it only if your administrator sent you here.",
  compareTitle: "1. Compare the fingerprint",
  compare:
    "This page may come over a connection that isn't protected yet. Ask your administrator for the fingerprint in Setup → Address and certificate and compare it with the one that your device shows while it installs the file.",
  windowsPrint: "SHA-1, which Windows calls “Thumbprint”:",
  until: "Valid until",
  downloadTitle: "2. Download the certificate",
  download: "Download the certificate",
  downloadProfile: "Profile for iPhone, iPad and Mac",
  downloadPem: "As PEM, for Linux",
  stepsTitle: "3. Install it",
  systems: {
    windows: {
      name: "Windows (Chrome, Edge)",
      steps: [
        "Open the downloaded file `allo-ca.crt` and choose “Install Certificate…”.",
        "Choose “Current User”, then “Next”.",
        "Choose “Place all certificates in the following store”, “Browse…”, “Trusted Root Certification Authorities”, then “Next” and “Finish”.",
        "Windows shows the thumbprint and asks whether to trust it: answer “Yes”. Then restart the browser.",
      ],
    },
    macos: {
      name: "macOS (Chrome, Safari, Edge)",
      steps: [
        "Open the downloaded file `allo-ca.crt`: Keychain Access asks where to put it; choose “login”.",
        "Find the certificate in the list, double-click it and open “Trust”.",
        "Set “When using this certificate” to “Always Trust”, close the window and enter your password. Then restart the browser.",
      ],
    },
    ios: {
      name: "iPhone, iPad",
      steps: [
        "In Safari, choose “Profile for iPhone, iPad and Mac” above and allow the download.",
        "Open Settings: “Profile Downloaded” stands near the top. Choose it and then “Install”.",
        "Open Settings → General → About → Certificate Trust Settings and turn the certificate on.",
      ],
    },
    android: {
      name: "Android (Chrome)",
      steps: [
        "Download the certificate.",
        "Open Settings → Security and privacy → More security settings → Encryption and credentials → Install a certificate → CA certificate. On many devices a search for “CA certificate” in Settings is quicker.",
        "Confirm “Install anyway” and choose the downloaded file.",
      ],
    },
    linux: {
      name: "Linux (Chrome, Chromium)",
      steps: [
        "Install the tool once: `sudo apt-get install libnss3-tools` (on Fedora `nss-tools`).",
        'In the folder with the downloaded file, run: `certutil -d sql:$HOME/.pki/nssdb -A -t "C,," -n Allo -i allo-ca.pem`',
        "Restart the browser.",
      ],
    },
    firefox: {
      name: "Firefox, on every system",
      steps: [
        "Firefox keeps authorities of its own: open its Settings → Privacy & Security → Certificates → “View Certificates…”.",
        "On the tab “Authorities”, choose “Import…” and the downloaded file.",
        "Tick “Trust this CA to identify websites” and confirm.",
      ],
    },
  },
  checkTitle: "4. Check",
  check: "Open Allo over HTTPS. If no warning comes, this device is ready.",
  open: "Open Allo",
  removeTitle: "To remove it",
  remove: "Delete the certificate in the same place where it was installed. Its name begins with “Allo”.",
  nothingTitle: "There is nothing to install",
  nothing: "This contact centre needs no authority of its own here: open it at its address.",
};

const ru: InstallWords = {
  languages: "Языки",
  title: "Чтобы это устройство доверяло Allo",
  why: "Браузер даёт странице микрофон только по соединению, которому доверяет. У этого контакт-центра свой центр сертификации: после его установки здесь заработают звонки в браузере и исчезнут предупреждения.",
  limits:
    "Этот центр может подтверждать только адреса и имена локальной сети и машину, на которой работает Allo, но не другие сайты. Устанавливайте его, только если сюда вас направил администратор.",
  compareTitle: "1. Сверьте отпечаток",
  compare:
    "Эта страница могла прийти по ещё не защищённому соединению. Узнайте у администратора отпечаток из раздела «Настройки → Адрес и сертификат» и сравните его с тем, который покажет устройство при установке файла.",
  windowsPrint: "SHA-1, именно его показывает Windows:",
  until: "Действителен до",
  downloadTitle: "2. Скачайте сертификат",
  download: "Скачать сертификат",
  downloadProfile: "Профиль для iPhone, iPad и Mac",
  downloadPem: "В формате PEM, для Linux",
  stepsTitle: "3. Установите его",
  systems: {
    windows: {
      name: "Windows (Chrome, Edge)",
      steps: [
        "Откройте скачанный файл `allo-ca.crt` и нажмите «Установить сертификат…».",
        "Выберите «Текущий пользователь» и нажмите «Далее».",
        "Выберите «Поместить все сертификаты в следующее хранилище» → «Обзор…» → «Доверенные корневые центры сертификации», затем «Далее» и «Готово».",
        "Windows покажет отпечаток и спросит, доверять ли ему: ответьте «Да». Затем перезапустите браузер.",
      ],
    },
    macos: {
      name: "macOS (Chrome, Safari, Edge)",
      steps: [
        "Откройте скачанный файл `allo-ca.crt`: «Связка ключей» спросит, куда его поместить; выберите «Вход».",
        "Найдите сертификат в списке, дважды щёлкните по нему и раскройте «Доверие».",
        "В строке «При использовании этого сертификата» выберите «Всегда доверять», закройте окно и введите пароль. Затем перезапустите браузер.",
      ],
    },
    ios: {
      name: "iPhone, iPad",
      steps: [
        "В Safari нажмите выше «Профиль для iPhone, iPad и Mac» и разрешите загрузку.",
        "Откройте «Настройки»: вверху появится «Профиль загружен». Нажмите его, затем «Установить».",
        "Откройте «Настройки → Основные → Об этом устройстве → Доверие сертификатам» и включите сертификат.",
      ],
    },
    android: {
      name: "Android (Chrome)",
      steps: [
        "Скачайте сертификат.",
        "Откройте «Настройки → Безопасность и конфиденциальность → Другие настройки безопасности → Шифрование и учётные данные → Установка сертификата → Сертификат ЦС». На многих устройствах быстрее найти «Сертификат ЦС» поиском в настройках.",
        "Подтвердите «Всё равно установить» и выберите скачанный файл.",
      ],
    },
    linux: {
      name: "Linux (Chrome, Chromium)",
      steps: [
        "Один раз установите утилиту: `sudo apt-get install libnss3-tools` (в Fedora — `nss-tools`).",
        'В папке со скачанным файлом выполните: `certutil -d sql:$HOME/.pki/nssdb -A -t "C,," -n Allo -i allo-ca.pem`',
        "Перезапустите браузер.",
      ],
    },
    firefox: {
      name: "Firefox в любой системе",
      steps: [
        "У Firefox своё хранилище: откройте «Настройки → Приватность и защита → Сертификаты → Просмотр сертификатов…».",
        "На вкладке «Центры сертификации» нажмите «Импортировать…» и выберите скачанный файл.",
        "Отметьте «Доверять при идентификации веб-сайтов» и подтвердите.",
      ],
    },
  },
  checkTitle: "4. Проверьте",
  check: "Откройте Allo по HTTPS. Если предупреждения нет, устройство готово.",
  open: "Открыть Allo",
  removeTitle: "Как удалить",
  remove: "Удалите сертификат там же, где устанавливали. Его имя начинается с «Allo».",
  nothingTitle: "Устанавливать ничего не нужно",
  nothing: "Этому контакт-центру здесь не нужен свой центр сертификации: откройте его по обычному адресу.",
};

const fa: InstallWords = {
  languages: "زبان‌ها",
  title: "اعتماد این دستگاه به Allo",
  why: "مرورگر میکروفون را فقط در اتصالی در اختیار صفحه می‌گذارد که به آن اعتماد دارد. این مرکز تماس یک مرجع گواهی از آنِ خود دارد؛ با نصب آن در این دستگاه، تماس در مرورگر کار می‌کند و هشدارها پایان می‌یابد.",
  limits:
    "این مرجع فقط می‌تواند نشانی‌ها و نام‌های شبکهٔ محلی و رایانه‌ای را که Allo روی آن کار می‌کند تأیید کند و نه هیچ سایت دیگری را. تنها اگر مدیر سامانه شما را به اینجا فرستاده است آن را نصب کنید.",
  compareTitle: "۱. مقایسهٔ اثر انگشت",
  compare:
    "شاید این صفحه از اتصالی رسیده باشد که هنوز محافظت نمی‌شود. اثر انگشت را از مدیر سامانه بپرسید (تنظیمات ← نشانی و گواهی) و آن را با چیزی که دستگاه هنگام نصب نشان می‌دهد مقایسه کنید.",
  windowsPrint: "SHA-1 که ویندوز با نام Thumbprint نشان می‌دهد:",
  until: "معتبر تا",
  downloadTitle: "۲. دریافت گواهی",
  download: "دریافت گواهی",
  downloadProfile: "پروفایل برای iPhone، iPad و Mac",
  downloadPem: "با قالب PEM، برای لینوکس",
  stepsTitle: "۳. نصب",
  systems: {
    windows: {
      name: "ویندوز (Chrome، Edge)",
      steps: [
        "فایل `allo-ca.crt` را باز کنید و «Install Certificate…» را بزنید.",
        "«Current User» و سپس «Next» را انتخاب کنید.",
        "«Place all certificates in the following store»، سپس «Browse…» و «Trusted Root Certification Authorities» را انتخاب کنید و بعد «Next» و «Finish» را بزنید.",
        "ویندوز اثر انگشت را نشان می‌دهد و می‌پرسد آیا اعتماد کند: «Yes» را بزنید. سپس مرورگر را ببندید و باز کنید.",
      ],
    },
    macos: {
      name: "macOS (Chrome، Safari، Edge)",
      steps: [
        "فایل `allo-ca.crt` را باز کنید: Keychain Access می‌پرسد کجا بگذارد؛ «login» را انتخاب کنید.",
        "گواهی را در فهرست پیدا کنید، روی آن دوبار کلیک کنید و «Trust» را باز کنید.",
        "«When using this certificate» را روی «Always Trust» بگذارید، پنجره را ببندید و گذرواژه را وارد کنید. سپس مرورگر را ببندید و باز کنید.",
      ],
    },
    ios: {
      name: "iPhone، iPad",
      steps: [
        "در Safari «پروفایل برای iPhone، iPad و Mac» را در بالا بزنید و اجازهٔ دریافت بدهید.",
        "«Settings» را باز کنید: در بالا «Profile Downloaded» دیده می‌شود. آن را بزنید و سپس «Install» را.",
        "به Settings ← General ← About ← Certificate Trust Settings بروید و گواهی را روشن کنید.",
      ],
    },
    android: {
      name: "اندروید (Chrome)",
      steps: [
        "گواهی را دریافت کنید.",
        "در تنظیمات به «امنیت و حریم خصوصی» ← «تنظیمات امنیتی بیشتر» ← «رمزگذاری و اطلاعات کاربری» ← «نصب گواهی» ← «گواهی CA» بروید. در بسیاری از دستگاه‌ها جست‌وجوی «گواهی CA» در تنظیمات سریع‌تر است.",
        "نصب را تأیید کنید و فایل دریافت‌شده را انتخاب کنید.",
      ],
    },
    linux: {
      name: "لینوکس (Chrome، Chromium)",
      steps: [
        "ابزار را یک بار نصب کنید: `sudo apt-get install libnss3-tools` (در فدورا `nss-tools`).",
        'در پوشهٔ فایل دریافت‌شده اجرا کنید: `certutil -d sql:$HOME/.pki/nssdb -A -t "C,," -n Allo -i allo-ca.pem`',
        "مرورگر را ببندید و باز کنید.",
      ],
    },
    firefox: {
      name: "فایرفاکس، در هر سیستم",
      steps: [
        "فایرفاکس انبار گواهی خودش را دارد: Settings ← Privacy & Security ← Certificates ← «View Certificates…» را باز کنید.",
        "در زبانهٔ «Authorities» گزینهٔ «Import…» و سپس فایل دریافت‌شده را انتخاب کنید.",
        "«Trust this CA to identify websites» را علامت بزنید و تأیید کنید.",
      ],
    },
  },
  checkTitle: "۴. بررسی",
  check: "Allo را با HTTPS باز کنید. اگر هشداری نیامد، این دستگاه آماده است.",
  open: "باز کردن Allo",
  removeTitle: "برداشتن آن",
  remove: "گواهی را در همان جایی که نصب شده پاک کنید. نام آن با «Allo» آغاز می‌شود.",
  nothingTitle: "چیزی برای نصب نیست",
  nothing: "این مرکز تماس در اینجا به مرجع گواهی جداگانه نیاز ندارد: آن را در نشانی خودش باز کنید.",
};

export const installWords: Readonly<Record<InstallLanguage, InstallWords>> = { en, ru, fa };
