import type { Language } from "../../src/doctor/tell.ts";

/** Symptoms as a person meets them: close codes first, then HTTP statuses. Each has a section in the document. */
export const symptoms = [
  "1006",
  "1000",
  "1001",
  "1002",
  "1007",
  "1008",
  "1009",
  "1011",
  "1012",
  "1013",
  "4001",
  "4003",
  "4004",
  "4009",
  "4010",
  "4101",
  "4102",
  "4103",
  "4104",
  "4105",
  "4106",
  "4203",
  "200",
  "301",
  "302",
  "307",
  "308",
  "400",
  "401",
  "403",
  "404",
  "407",
  "426",
  "429",
  "500",
  "502",
  "503",
  "504",
] as const;

export type Symptom = (typeof symptoms)[number];

export interface PageWords {
  readonly title: string;
  readonly intro: string;
  readonly symptomsHeading: string;
  readonly causesHeading: string;
  readonly faultsHeading: string;
  readonly faultsIntro: string;
  readonly see: string;
  readonly stands: string;
  readonly whatIsWrong: string;
  readonly whose: string;
  readonly whatToDo: string;
  readonly code: string;
  readonly name: string;
  readonly meaning: string;
  readonly comeBack: string;
  readonly retry: Readonly<Record<"never" | "new_token" | "later" | "now", string>>;
  readonly about: Readonly<Record<Symptom, string>>;
}

const en: PageWords = {
  title: "When a socket does not connect",
  intro: `Let the doctor look first. It walks the way of the connection, stops at the first thing that is broken, and says
whose it is and what to do. It works with any WebSocket server:

\`\`\`sh
npx peyk doctor wss://example.com/ws/chat/7/ --token "$TOKEN"
npx peyk doctor --local          # on the server itself
npx peyk doctor --explain r_8f2k4m   # the story of one refusal, by the id in its close reason
\`\`\`

In a browser, open \`/doctor\` on the server. Where neither is at hand, begin with what you see.`,
  symptomsHeading: "By what you see",
  causesHeading: "By what is wrong",
  faultsHeading: "Codes that Peyk itself sends",
  faultsIntro:
    "The reason that comes with a code is more exact than this table, and ends with an id in brackets.",
  see: "you see",
  stands: "it stands for",
  whatIsWrong: "what is wrong",
  whose: "whose it is",
  whatToDo: "what to do",
  code: "code",
  name: "name",
  meaning: "meaning",
  comeBack: "come back",
  retry: { never: "not unchanged", new_token: "with a new token", later: "after a pause", now: "at once" },
  about: {
    "1006":
      "The connection failed, or ended without a close frame. A browser's script is told nothing else, whatever happened: the cause has to be looked for.",
    "1000": "Somebody closed the socket on purpose, and says that all is well.",
    "1001": "The other side goes away: a server that stops, or a page that was left.",
    "1002": "One side broke the rules of the protocol.",
    "1007": "A text message was not valid UTF-8.",
    "1008": "The server refuses by its own rules. Support sockets use it for tokens.",
    "1009": "A message was bigger than the server takes.",
    "1011": "The server failed.",
    "1012": "The server restarts; come back.",
    "1013": "The server is overloaded; come back later.",
    "4001": "The token is missing, wrong or over.",
    "4003": "The token is good, and its owner may not enter here.",
    "4004": "There is nothing at this path, or it is not yours.",
    "4009": "The name or the state is taken by somebody else.",
    "4010": "A newer connection took this place.",
    "4101": "Too many messages in a short time.",
    "4102": "Too many open connections.",
    "4103": "Too many new connections in a short time.",
    "4104": "Too many failed logins.",
    "4105": "The server has as many connections as it may have.",
    "4106": "The server's store does not answer.",
    "4203": "The client said nothing for too long.",
    "200": "A web page came in place of a handshake.",
    "301": "The address has moved, often to https.",
    "302": "A redirect, often to a login page.",
    "307": "A redirect.",
    "308": "The address has moved, often to https.",
    "400": "The server or a proxy calls the handshake a bad request.",
    "401": "The server wants a token before it opens the socket. A browser shows 1006.",
    "403": "The server refuses before it opens the socket. A browser shows 1006.",
    "404": "There is nothing at this path, or nothing that speaks WebSocket.",
    "407": "The network's own proxy wants a login.",
    "426":
      "The server did not see a WebSocket handshake, usually because a proxy took the Upgrade header away.",
    "429": "Too many attempts.",
    "500": "The server failed over the handshake.",
    "502": "A proxy gets no proper answer from the server behind it.",
    "503": "Nothing behind the proxy is ready, or the server is full.",
    "504": "The server behind the proxy does not answer in time.",
  },
};

const ru: PageWords = {
  title: "Когда сокет не подключается",
  intro: `Сначала дайте посмотреть доктору. Он проходит путь соединения, останавливается на первой поломке и говорит, на чьей
она стороне и что делать. Он работает с любым сервером WebSocket:

\`\`\`sh
npx peyk doctor wss://example.com/ws/chat/7/ --token "$TOKEN" --lang ru
npx peyk doctor --local          # на самом сервере
npx peyk doctor --explain r_8f2k4m   # история одного отказа по номеру из причины закрытия
\`\`\`

В браузере откройте на сервере страницу \`/doctor\`. Если ни того ни другого под рукой нет, начните с того, что видите.`,
  symptomsHeading: "По тому, что видно",
  causesHeading: "По тому, что сломано",
  faultsHeading: "Коды, которые посылает сам Peyk",
  faultsIntro: "Причина, которая приходит с кодом, точнее этой таблицы и заканчивается номером в скобках.",
  see: "видно",
  stands: "что это значит",
  whatIsWrong: "что сломано",
  whose: "на чьей стороне",
  whatToDo: "что делать",
  code: "код",
  name: "имя",
  meaning: "значение",
  comeBack: "возвращаться",
  retry: { never: "только изменив что-то", new_token: "с новым токеном", later: "после паузы", now: "сразу" },
  about: {
    "1006":
      "Соединение не состоялось или оборвалось без кадра закрытия. Скрипту в браузере больше ничего не сообщают, что бы ни случилось: причину надо искать.",
    "1000": "Сокет закрыли намеренно и говорят, что всё в порядке.",
    "1001": "Другая сторона уходит: сервер останавливается или страницу покинули.",
    "1002": "Одна из сторон нарушила правила протокола.",
    "1007": "Текстовое сообщение оказалось не в UTF-8.",
    "1008": "Сервер отказывает по собственным правилам. Сокеты поддержки закрывают так из-за токена.",
    "1009": "Сообщение больше, чем сервер принимает.",
    "1011": "Сервер сломался на этом запросе.",
    "1012": "Сервер перезапускается; вернитесь.",
    "1013": "Сервер перегружен; вернитесь позже.",
    "4001": "Токена нет, он неверен или закончился.",
    "4003": "Токен хороший, но его владельцу сюда нельзя.",
    "4004": "По этому пути ничего нет, или это не ваше.",
    "4009": "Имя или состояние занято кем-то другим.",
    "4010": "Это место заняло более новое соединение.",
    "4101": "Слишком много сообщений за короткое время.",
    "4102": "Слишком много открытых соединений.",
    "4103": "Слишком много новых соединений за короткое время.",
    "4104": "Слишком много неудачных попыток входа.",
    "4105": "У сервера столько соединений, сколько ему разрешено.",
    "4106": "Хранилище сервера не отвечает.",
    "4203": "Клиент слишком долго молчал.",
    "200": "Вместо рукопожатия пришла веб-страница.",
    "301": "Адрес переехал, чаще всего на https.",
    "302": "Перенаправление, часто на страницу входа.",
    "307": "Перенаправление.",
    "308": "Адрес переехал, чаще всего на https.",
    "400": "Сервер или прокси считает рукопожатие неверным запросом.",
    "401": "Сервер требует токен ещё до открытия сокета. Браузер показывает 1006.",
    "403": "Сервер отказывает ещё до открытия сокета. Браузер показывает 1006.",
    "404": "По этому пути ничего нет, или там не говорят на WebSocket.",
    "407": "Прокси вашей сети требует входа.",
    "426": "Сервер не увидел рукопожатия WebSocket: обычно прокси отбросил заголовок Upgrade.",
    "429": "Слишком много попыток.",
    "500": "Сервер сломался на рукопожатии.",
    "502": "Прокси не получает толкового ответа от сервера за ним.",
    "503": "За прокси никто не готов, или сервер заполнен.",
    "504": "Сервер за прокси не отвечает вовремя.",
  },
};

const fa: PageWords = {
  title: "وقتی سوکت وصل نمی‌شود",
  intro: `نخست بگذارید دکتر نگاه کند. او راه اتصال را گام‌به‌گام می‌رود، در نخستین جای خراب می‌ایستد و می‌گوید ایراد از کیست و چه
باید کرد. با هر سرور WebSocket کار می‌کند:

\`\`\`sh
npx peyk doctor wss://example.com/ws/chat/7/ --token "$TOKEN" --lang fa
npx peyk doctor --local          # روی خود سرور
npx peyk doctor --explain r_8f2k4m   # داستان یک رد شدن، با شناسه‌ای که در دلیل بسته شدن آمده است
\`\`\`

در مرورگر، صفحهٔ \`/doctor\` را روی سرور باز کنید. اگر هیچ‌کدام در دسترس نیست، از آنچه می‌بینید آغاز کنید.`,
  symptomsHeading: "از روی آنچه دیده می‌شود",
  causesHeading: "از روی آنچه خراب است",
  faultsHeading: "کدهایی که خود Peyk می‌فرستد",
  faultsIntro: "دلیلی که همراه کد می‌آید از این جدول دقیق‌تر است و با شناسه‌ای در کروشه پایان می‌یابد.",
  see: "می‌بینید",
  stands: "یعنی",
  whatIsWrong: "چه چیزی خراب است",
  whose: "ایراد از کیست",
  whatToDo: "چه باید کرد",
  code: "کد",
  name: "نام",
  meaning: "معنا",
  comeBack: "بازگشت",
  retry: { never: "نه بدون تغییر", new_token: "با توکن تازه", later: "پس از مکث", now: "بی‌درنگ" },
  about: {
    "1006":
      "اتصال برقرار نشد، یا بی‌فریمِ بستن قطع شد. هر چه رخ داده باشد، به اسکریپتِ مرورگر چیز دیگری گفته نمی‌شود: علت را باید جست.",
    "1000": "کسی سوکت را به‌عمد بسته است و می‌گوید همه چیز درست است.",
    "1001": "طرف دیگر می‌رود: سروری که می‌ایستد، یا صفحه‌ای که بسته شد.",
    "1002": "یکی از دو طرف قاعدهٔ پروتکل را شکست.",
    "1007": "پیام متنی UTF-8 درست نبود.",
    "1008": "سرور بنا بر قاعدهٔ خودش نمی‌پذیرد. سوکت‌های پشتیبانی آن را برای توکن به کار می‌برند.",
    "1009": "پیام بزرگ‌تر از آن بود که سرور می‌پذیرد.",
    "1011": "سرور دچار خطا شد.",
    "1012": "سرور دوباره راه‌اندازی می‌شود؛ برگردید.",
    "1013": "بار سرور زیاد است؛ دیرتر برگردید.",
    "4001": "توکن نیست، نادرست است یا به پایان رسیده است.",
    "4003": "توکن درست است، ولی صاحبش اجازهٔ ورود به اینجا را ندارد.",
    "4004": "در این مسیر چیزی نیست، یا از آنِ شما نیست.",
    "4009": "نام یا وضعیت را کس دیگری گرفته است.",
    "4010": "اتصال تازه‌تری جای این یکی را گرفت.",
    "4101": "پیام‌ها در زمانی کوتاه بیش از اندازه‌اند.",
    "4102": "شمار اتصال‌های باز بیش از اندازه است.",
    "4103": "اتصال‌های تازه در زمانی کوتاه بیش از اندازه‌اند.",
    "4104": "تلاش‌های ناموفق ورود بیش از اندازه‌اند.",
    "4105": "سرور به سقف اتصال‌هایش رسیده است.",
    "4106": "پایگاه دادهٔ سرور پاسخ نمی‌دهد.",
    "4203": "کلاینت مدتی دراز چیزی نگفت.",
    "200": "به‌جای دست‌دادن (handshake) یک صفحهٔ وب آمد.",
    "301": "نشانی جابه‌جا شده است، بیشتر وقت‌ها به https.",
    "302": "هدایت به نشانی دیگر، بیشتر وقت‌ها به صفحهٔ ورود.",
    "307": "هدایت به نشانی دیگر.",
    "308": "نشانی جابه‌جا شده است، بیشتر وقت‌ها به https.",
    "400": "سرور یا پروکسی، درخواستِ دست‌دادن را نادرست می‌داند.",
    "401": "سرور پیش از باز کردن سوکت توکن می‌خواهد. مرورگر 1006 نشان می‌دهد.",
    "403": "سرور پیش از باز کردن سوکت نمی‌پذیرد. مرورگر 1006 نشان می‌دهد.",
    "404": "در این مسیر چیزی نیست، یا چیزی که WebSocket بداند نیست.",
    "407": "پروکسی شبکهٔ خودتان ورود می‌خواهد.",
    "426": "سرور درخواست WebSocket را ندید؛ بیشتر وقت‌ها پروکسی سرآیند Upgrade را انداخته است.",
    "429": "تلاش‌ها بیش از اندازه‌اند.",
    "500": "سرور در دست‌دادن دچار خطا شد.",
    "502": "پروکسی از سرورِ پشت سرش پاسخ درستی نمی‌گیرد.",
    "503": "پشت پروکسی کسی آماده نیست، یا سرور پر است.",
    "504": "سرورِ پشت پروکسی به‌موقع پاسخ نمی‌دهد.",
  },
};

export const pageWords: Readonly<Record<Language | "fa" | "ru", PageWords>> = { en, fa, ru };
