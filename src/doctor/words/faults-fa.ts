import type { FaultWords } from "./faults.ts";

export const faultsFa: FaultWords = {
  bad_request: {
    message: "درخواست قابل فهم نیست",
    hint: "مسیر و سرآیندها را با صفحهٔ /docs مقایسه کنید.",
  },
  unauthorized: {
    message: "توکن لازم است",
    hint: "`Authorization: Bearer …` یا `?token=…` بفرستید، یا در کانالی که می‌پذیرد، نخستین پیام از نوع `auth` باشد.",
  },
  bad_token: {
    message: "توکن معتبر نیست",
    hint: "دوباره وارد شوید؛ اگر توکن را سرور دیگری داده است، JWT_ISSUERS را بررسی کنید.",
  },
  bad_device_token: {
    message: "این توکنِ دستگاه شناخته‌شده نیست",
    hint: "`Authorization: Bearer <token>` یا نخستین پیام `auth` را با توکنی از GET /public/tokens یا `peyk device add` بفرستید.",
  },
  token_expired: {
    message: "توکن منقضی شده است",
    hint: "با توکن تازه‌سازی (refresh) یک توکن دسترسی تازه بگیرید، یا دوباره وارد شوید.",
  },
  token_revoked: {
    message: "نشست پایان یافته است",
    hint: "دوباره وارد شوید.",
  },
  auth_timeout: {
    message: "توکن به‌موقع نرسید",
    hint: 'درست پس از باز شدن اتصال، {"type":"auth","token":"…"} را بفرستید.',
  },
  bad_credentials: {
    message: "ایمیل یا گذرواژه نادرست است",
    hint: "هر دو را بررسی کنید؛ مدیر با `peyk user passwd` گذرواژهٔ تازه می‌گذارد.",
  },
  forbidden: {
    message: "این کاربر اجازهٔ ورود به اینجا را ندارد",
    hint: "با حسابی وارد شوید که یکی از نقش‌هایی را دارد که /docs برای این مسیر نام می‌برد.",
  },
  pairing_closed: {
    message: "توکن دستگاه‌ها به همه داده نمی‌شود",
    hint: "روی سرور با `peyk pair --minutes 10` پنجرهٔ جفت‌سازی را باز کنید، یا روی خود سرور بپرسید (curl http://localhost:8000/public/tokens)، یا با `peyk device add` به دستگاه توکن خودش را بدهید.",
  },
  origin_refused: {
    message: "صفحه‌های این نشانی اجازهٔ اتصال ندارند",
    hint: "مبدأ (origin) صفحه را به ALLOWED_ORIGINS بیفزایید، یا برای ابزارک سایت، به `origins` صندوق آن.",
  },
  not_found: {
    message: "در این مسیر چیزی نیست",
    hint: "مسیرها را در /docs ببینید؛ اسلشِ (/) اضافه یا کم در پایان، تنها برای مسیرهای یک‌بخشی زیر /ws/ مهم است.",
  },
  conflict: {
    message: "کس دیگری پیش‌تر آن را تغییر داد",
    hint: "وضعیت کنونی را بخوانید و دوباره تصمیم بگیرید.",
  },
  bad_step: {
    message: "این وضعیت نمی‌تواند پس از وضعیت کنونی بیاید",
    hint: "وضعیت کنونی را بخوانید؛ `valid_transitions` می‌گوید چه چیزی می‌تواند بعد از آن بیاید.",
  },
  client_unknown: {
    message: "چنین کلاینتی وصل نیست",
    hint: "user_id او را بدهید تا پیام برایش نگه داشته شود، یا GET /api/clients را ببینید.",
  },
  client_id_taken: {
    message: "اتصال دیگری این client id را دارد",
    hint: "شناسهٔ دیگری برگزینید، یا با توکن کاربری که صاحب آن است وصل شوید.",
  },
  replaced: {
    message: "اتصال تازه‌تری جای این یکی را گرفت",
    hint: "برای هر شناسه یک اتصال نگه دارید؛ تازه‌ترین می‌ماند.",
  },
  bad_message: {
    message: "پیام قابل فهم نیست",
    hint: "یک شیء JSON با یک `type` بفرستید که این کانال می‌شناسد؛ /docs را ببینید.",
  },
  bad_body: {
    message: "بدنه یا پارامترهای درخواست درست نیست",
    hint: "آن را با /docs یا /openapi.json مقایسه کنید.",
  },
  binary_refused: {
    message: "این کانال فقط متن می‌پذیرد",
    hint: "JSON را در فریم متنی بفرستید.",
  },
  message_too_big: {
    message: "پیام بیش از اندازه بزرگ است",
    hint: "هر بار کمتر بفرستید، یا MAX_MESSAGE_BYTES را بیشتر کنید.",
  },
  too_many_messages: {
    message: "پیام‌ها در زمانی کوتاه بیش از اندازه‌اند",
    hint: "در هر ثانیه کمتر بفرستید، یا MESSAGE_RATE را بیشتر کنید.",
  },
  too_many_connections: {
    message: "شمار اتصال‌های باز بیش از اندازه است",
    hint: "اتصال‌های بی‌نیاز را ببندید، یا MAX_CONNECTIONS_PER_ADDRESS یا MAX_CONNECTIONS_PER_USER را بیشتر کنید.",
  },
  connecting_too_fast: {
    message: "اتصال‌های تازه در زمانی کوتاه بیش از اندازه‌اند",
    hint: "میان تلاش‌ها بیشتر صبر کنید و زمان را کمی تصادفی کنید، یا CONNECT_RATE را بیشتر کنید.",
  },
  too_many_attempts: {
    message: "تلاش‌های ناموفق ورود بیش از اندازه‌اند",
    hint: "به اندازهٔ ثانیه‌هایی که Retry-After می‌گوید صبر کنید.",
  },
  kicked: {
    message: "گردانندهٔ سرور این اتصال را بست",
    hint: "پس از مکثی برگردید، نه بی‌درنگ؛ علت را از گردانندهٔ سرور بپرسید.",
  },
  tap_ended: {
    message: "اتصالی که زیر نظر بود پایان یافت",
    hint: "`tap_ended` می‌گوید چگونه پایان یافت؛ GET /api/connections اتصال‌های باز را نام می‌برد.",
  },
  too_many_taps: {
    message: "هم‌زمان اتصال‌های بسیاری زیر نظرند",
    hint: "نظارتی را که لازم نیست پایان دهید، یا MAX_TAPS را بیشتر کنید.",
  },
  queue_full: {
    message: "فرمان‌های بسیاری در انتظار این دستگاه‌اند",
    hint: "صبر کنید تا برخی را بگیرد، یا به فرمان‌ها `ttl` کوتاه‌تری بدهید.",
  },
  too_many_conversations: {
    message: "گفتگوهای تازهٔ بسیاری در زمانی کوتاه",
    hint: "به اندازهٔ ثانیه‌های retry_after صبر کنید؛ گردانندهٔ سرور می‌تواند MAX_NEW_CONVERSATIONS_PER_ADDRESS یا MAX_NEW_CONVERSATIONS_PER_INBOX را بیشتر کند.",
  },
  sending_too_fast: {
    message: "این کاربر در یک دقیقه پیام‌های بسیاری فرستاده است",
    hint: "به اندازهٔ ثانیه‌های retry_after صبر کنید و پیام را دوباره بفرستید؛ گردانندهٔ سرور می‌تواند INBOX_MESSAGES_PER_MINUTE را بیشتر کند، یا اگر برنامه‌ای پاسخ می‌دهد آن را 0 بگذارد.",
  },
  server_full: {
    message: "سرور به سقف اتصال‌هایش رسیده است",
    hint: "دیرتر دوباره تلاش کنید، یا MAX_CONNECTIONS و سقف فایل‌های باز را بیشتر کنید.",
  },
  unavailable: {
    message: "پایگاه داده پاسخ نمی‌دهد",
    hint: "دیرتر دوباره تلاش کنید؛ گردانندهٔ سرور علت را در /api/websocket/health/ و در لاگ می‌یابد.",
  },
  slow_reader: {
    message: "کلاینت بیش از اندازه کند می‌خواند",
    hint: "با ?since=<آخرین cursor> دوباره وصل شوید تا آنچه را از دست رفته است بگیرید.",
  },
  idle: {
    message: "مدتی دراز پیامی از کلاینت نیامده است",
    hint: 'به هر {"type":"ping"} با {"type":"pong"} پاسخ دهید: pongهای خودِ پروتکل نشان نمی‌دهند که برنامه زنده است.',
  },
  peer_lost: {
    message: "نشانی از زنده بودن کلاینت نیست",
    hint: "به pingهای پروتکل پاسخ دهید (هر کتابخانهٔ WebSocket این کار را می‌کند) و ببینید پروکسی‌ای اتصال‌های ساکت را قطع می‌کند یا نه.",
  },
  shutting_down: {
    message: "سرور دوباره راه‌اندازی می‌شود",
    hint: "پس از یکی دو ثانیه، با کمی تأخیر تصادفی، دوباره وصل شوید.",
  },
  upgrade_required: {
    message: "این مسیر به زبان WebSocket سخن می‌گوید",
    hint: "آن را با کلاینت WebSocket باز کنید (ws:// یا wss://، RFC 6455، نسخهٔ ۱۳)؛ پشت پروکسی، سرآیندهای Upgrade و Connection را عبور دهید.",
  },
  internal: {
    message: "در سرور خطایی رخ داد",
    hint: "شمارهٔ رخداد را به گردانندهٔ سرور بدهید؛ او آن را در لاگ می‌یابد.",
  },
};
