import type { Words } from "./words.ts";

export const fa: Words = {
  title: "پیک از نگاه همین ماشین",
  fix: "چه باید کرد",
  summary: {
    ok: "این‌جا چیزی خراب نیست. آن‌چه دیگران می‌بینند: peyk doctor URL روی ماشین آن‌ها.",
    warning: "کار می‌کند. {warnings} مورد نیاز به توجه دارد.",
    error: "{errors} مورد را اول درست کنید؛ {warnings} مورد نیاز به توجه دارد.",
  },
  groups: {
    ports: "پورت‌ها",
    addresses: "نشانی‌ها",
    firewall: "فایروال",
    server: "سرور",
    proxy: "پراکسی",
    certificate: "گواهی",
    settings: "تنظیمات",
    database: "پایگاه داده",
    disk: "دیسک",
    nodes: "گره‌ها",
    platforms: "تلگرام و اینستاگرام",
    descriptors: "توصیف‌گرها",
    memory: "حافظه",
    clock: "ساعت",
  },
  outcomes: {
    check_failed: { saw: "بررسی ممکن نشد: {detail}", fix: "دوباره اجرا کنید؛ اگر دسترسی کم است با sudo." },

    port_serves: { saw: "پورت {port}: پیک، {process}، روی {address} گوش می‌دهد و جواب می‌دهد", fix: "" },
    port_behind_proxy: {
      saw: "پورت {port}: پیک، {process}، فقط روی {address} گوش می‌دهد، پشت پراکسی همین ماشین که در TRUST_PROXY آمده است",
      fix: "",
    },
    port_loopback_only: {
      saw: "پورت {port}: پیک، {process}، فقط روی {address} گوش می‌دهد: هیچ ماشین دیگری به آن نمی‌رسد",
      fix: "اگر پشت پراکسی همین ماشین است درست است: پراکسی را نام ببرید، TRUST_PROXY=127.0.0.1. وگرنه با HOST=0.0.0.0 اجرا کنید.",
    },
    port_ipv6_only: {
      saw: "پورت {port}: پیک، {process}، فقط روی {address} گوش می‌دهد: کسی که تنها IPv4 دارد به آن نمی‌رسد",
      fix: "با HOST=:: (هر دو) یا HOST=0.0.0.0 اجرا کنید.",
    },
    port_idle: {
      saw: "پورت {port}: آزاد است و کسی گوش نمی‌دهد: پیک با این تنظیمات اجرا نشده است",
      fix: "اجرایش کنید: npm start یا peyk serve",
    },
    port_elsewhere: {
      saw: "پورت {port}: آزاد است، اما یک پیک، {process}، روی پورت {other} گوش می‌دهد",
      fix: "با تنظیمات همان سرور اجرا کنید: peyk doctor --local --port {other}",
    },
    port_any: {
      saw: "{setting}=0: سیستم هنگام اجرا پورت آزادی انتخاب می‌کند؛ peyk serve آن را چاپ می‌کند",
      fix: "",
    },
    port_held: {
      saw: "پورت {port}: در دست {process} است که پیک نیست، یا مثل آن جواب نمی‌دهد",
      fix: "آن پردازه را ببندید (kill {pid})، یا پورت دیگری انتخاب کنید: {setting}={next}",
    },
    port_held_unseen: {
      saw: "پورت {port}: در دست پردازه‌ای است که این کاربر نمی‌بیند و پیک نیست، یا مثل آن جواب نمی‌دهد",
      fix: "`sudo ss -ltnp 'sport = :{port}'` نامش را می‌گوید. ببندیدش، یا پورت دیگری انتخاب کنید: {setting}={next}",
    },
    port_forbidden: {
      saw: "پورت {port}: این کاربر اجازه ندارد روی آن گوش دهد",
      fix: "پورتی بالاتر از 1023 بردارید و پراکسی جلویش بگذارید، یا اجازه بدهید: sudo sysctl net.ipv4.ip_unprivileged_port_start={port}",
    },
    host_unknown: {
      saw: "HOST={host}: هیچ رابط شبکه‌ی این ماشین چنین نشانی‌ای ندارد",
      fix: "HOST=0.0.0.0 بگذارید، یا یکی از نشانی‌هایی که `ip address` نشان می‌دهد.",
    },
    port_silent: {
      saw: "پورت {port}: پیک، {process}، اتصال را می‌پذیرد و جواب نمی‌دهد",
      fix: "گیر کرده یا فرصت ندارد: گزارش آن و `top` را ببینید، بعد دوباره اجرایش کنید.",
    },
    port_address_dead: {
      saw: "پورت {port}: روی loopback جواب می‌دهد ولی روی {address} نه ({how})",
      fix: "قاعده‌ای در این ماشین نشانی خودش را بسته است: فایروال را پایین‌تر ببینید، یا sudo nft list ruleset.",
    },

    address_public: {
      saw: "{url}  عمومی، {interface}: اگر فایروال جلویش را نگیرد از اینترنت می‌رسد",
      fix: "",
    },
    address_lan: { saw: "{url}  فقط همین شبکه، {interface}", fix: "" },
    address_cgnat: {
      saw: "{url}  {interface}: 100.64.0.0/10، نشانی مشترک مشتریان اینترنت شما (CGNAT)؛ از اینترنت به آن نمی‌رسند",
      fix: "",
    },
    address_tunnel: { saw: "{url}  {interface}: تونل یا VPN؛ اعضایش به آن می‌رسند", fix: "" },
    address_container: { saw: "{url}  {interface}: فقط کانتینرها و ماشین‌های مجازی همین ماشین", fix: "" },
    address_ipv6_unserved: {
      saw: "{address}، {interface}، سرویس نمی‌گیرد: HOST=0.0.0.0 یعنی IPv4؛ HOST=:: هر دو را می‌دهد",
      fix: "",
    },
    address_loopback: { saw: "{url}  فقط همین ماشین", fix: "" },
    address_named: { saw: "{url}  با نام", fix: "" },
    address_not_public: {
      saw: "هیچ رابطی نشانی عمومی ندارد: از اینترنت فقط با مودم (router)، تونل یا پراکسی (docs/external-access.fa.md)",
      fix: "",
    },

    firewall_open: { saw: "پورت {port}: قاعده‌ای که جلویش را بگیرد پیدا نشد ({tools})", fix: "" },
    firewall_not_asked: { saw: "هیچ پورتی به روی ماشین‌های دیگر باز نیست، پس فایروال مهم نیست", fix: "" },
    firewall_left_to_proxy: {
      saw: "پورت {port}: دیگران مستقیم وارد نمی‌شوند ({tool}) و از راه پراکسی TRUST_PROXY می‌آیند",
      fix: "",
    },
    firewall_blocks: {
      saw: "پورت {port}: دیگران نمی‌توانند وارد شوند. {tool}: {rule}",
      fix: "اگر باید مستقیم برسند و نه از راه پراکسی: {command}",
    },
    firewall_some: {
      saw: "پورت {port}: فقط بعضی‌ها وارد می‌شوند، با قاعده‌ی {exception}؛ بقیه به این می‌خورند {tool}: {rule}",
      fix: "اگر همه باید مستقیم برسند: {command}",
    },
    firewall_may_block: {
      saw: "پورت {port}: شاید قاعده‌ای که این برنامه نمی‌تواند بسنجد جلویش را بگیرد. {tool}: {rule}",
      fix: "از ماشین دیگری امتحان کنید: peyk doctor URL. اگر جوابی نیامد: {command}",
    },
    firewall_unreadable: {
      saw: "{tools}: قاعده‌ها را فقط root می‌تواند بخواند",
      fix: "برای سنجیدن آن‌ها با root اجرا کنید: sudo {command}",
    },
    firewall_absent: {
      saw: "ابزار فایروال پیدا نشد (ufw، firewalld، nft، iptables)، پس قاعده‌ها معلوم نیست",
      fix: "دستورهای سیستم شما: docs/external-access.fa.md بخش ۳.",
    },

    server_well: { saw: "خودش می‌گوید حالش خوب است ({checks})", fix: "" },
    server_idle: { saw: "اجرا نشده است، پس نمی‌شد از آن پرسید", fix: "اجرایش کنید و دوباره امتحان کنید." },
    server_silent_on_details: {
      saw: "روشن است، اما ما را loopback نمی‌داند و جزئیات را فقط به loopback می‌گوید (HOST={host} یا TRUST_PROXY)",
      fix: "با توکن کارمند /api/websocket/health/ را ببینید.",
    },
    server_warns: { saw: "{check}: {saw}", fix: "{fix}" },
    server_fails: { saw: "{check}: {saw}", fix: "{fix}" },

    proxy_named: { saw: "درخواست‌های پراکسی فقط از آن‌هایی می‌آید که در TRUST_PROXY هستند", fix: "" },
    proxy_none: { saw: "هیچ پراکسی‌ای درخواست نمی‌رساند", fix: "" },
    proxy_not_named: {
      saw: "{count} درخواست از پراکسی {address} آمده که در TRUST_PROXY نیست: همه‌ی پشت آن یک نشانی حساب می‌شوند و سهمشان مشترک است",
      fix: "TRUST_PROXY={address} بگذارید، و پراکسی X-Forwarded-For را بفرستد.",
    },
    proxy_not_asked: {
      saw: "فقط سرور روشن می‌داند پراکسی‌ای درخواست می‌رساند یا نه",
      fix: "اجرایش کنید، بگذارید کسی وصل شود، و دوباره امتحان کنید.",
    },

    tls_off: {
      saw: "این‌جا TLS نیست: پشت پراکسی‌ای که دارد مشکلی نیست؛ بیرون از localhost مرورگرها لازمش دارند",
      fix: "",
    },
    tls_good: { saw: "برای {names}، تا {until}؛ پورت‌ها همین را نشان می‌دهند", fix: "" },
    tls_unusable: {
      saw: "{file}: {detail}",
      fix: "در TLS_CERT و TLS_KEY دو فایل PEM که با هم صادر شده‌اند نام ببرید، مثل fullchain.pem و privkey.pem.",
    },
    tls_key_open: {
      saw: "{file}: هر کاربر این ماشین می‌تواند کلید خصوصی را بردارد (دسترسی {mode})",
      fix: "chmod 0600 {file}",
    },
    tls_expired: {
      saw: "در {until} تمام شده است: هیچ برنامه‌ای آن را نمی‌پذیرد",
      fix: "تمدیدش کنید (certbot renew) و ببینید چرا خودش تمدید نشده است.",
    },
    tls_not_yet: {
      saw: "از {from} شروع می‌شود",
      fix: "ساعت این ماشین را درست کنید: timedatectl set-ntp true",
    },
    tls_expires_soon: {
      saw: "در {until} تمام می‌شود، {days} روز دیگر",
      fix: "تمدیدش کنید (certbot renew) و ببینید چرا خودش تمدید نشده است.",
    },
    tls_chain_cut: {
      saw: "{file}: گواهی صادرکننده‌اش نیست ({issuer}): شاید مرورگرها کنار بیایند، دستگاه‌ها و برنامه‌ها نه",
      fix: "در TLS_CERT فایلی با همه‌ی زنجیره نام ببرید، مثل fullchain.pem.",
    },
    tls_name_missing: {
      saw: "برای {names} است، نه برای {name} که در PUBLIC_URL آمده",
      fix: "گواهی‌ای بگیرید که {name} هم در آن باشد، یا PUBLIC_URL را درست کنید.",
    },
    tls_old_shown: {
      saw: "پورت {port} گواهی دیگری نشان می‌دهد، نه آن‌که در فایل است",
      fix: "فایل تازه در ۱۰ ثانیه برداشته می‌شود؛ اگر بیشتر گذشته، در گزارش دنبال tls.reload_failed بگردید.",
    },

    settings_fine: { saw: "تنظیم خطرناکی نیست", fix: "" },
    tokens_open: {
      saw: "PUBLIC_TOKENS=open: هر که به این سرور برسد توکن همه‌ی بردها را می‌گیرد",
      fix: "PUBLIC_TOKENS=pairing بگذارید و `peyk pair` را به کار ببرید، یا به هر دستگاه توکن خودش را بدهید: `peyk device add`.",
    },
    proxy_everybody: {
      saw: "TRUST_PROXY={entry}: تقریباً هر کسی می‌تواند نشانی دیگری را نشانی خود بگوید و از سهم‌ها بگذرد",
      fix: "فقط نشانی پراکسی‌های خودتان را نام ببرید، مثل TRUST_PROXY=127.0.0.1.",
    },
    secret_weak: {
      saw: "{where}: این رمز قابل حدس است و با آن می‌شود هر توکنی ساخت",
      fix: "رمزی تصادفی بگذارید (openssl rand -base64 48)؛ همه دوباره وارد می‌شوند.",
    },
    secret_file_open: {
      saw: "{file}: کاربران دیگر این ماشین می‌توانند بخوانندش (دسترسی {mode})",
      fix: "chmod 0600 {file}",
    },
    data_dir_open: {
      saw: "{folder}: کاربران دیگر این ماشین می‌توانند پایگاه داده‌اش را بخوانند (دسترسی {mode})",
      fix: "chmod 0700 {folder}",
    },
    runs_as_root: {
      saw: "با root اجرا شده است: خطای آن خطای همه‌ی ماشین می‌شود",
      fix: "با کاربر جداگانه اجرایش کنید؛ برای پورت زیر 1024 پراکسی هست.",
    },
    log_loud: {
      saw: "LOG_LEVEL={level}: برای هر پیام یک خط، و دیسک پر می‌شود",
      fix: "وقتی دیدید آن‌چه می‌خواستید، LOG_LEVEL=info بگذارید.",
    },
    admin_password_left: {
      saw: "ADMIN_PASSWORD هنوز در متغیرهای محیط است؛ فقط در اولین اجرا به کار می‌آمد",
      fix: "برش دارید؛ رمز تازه را `peyk user passwd` می‌گذارد.",
    },
    limits_off: {
      saw: "{settings}: یک کاربر می‌تواند همه‌چیز را بگیرد",
      fix: "از تنظیمات برش دارید تا مقدار پیش‌فرض برگردد، یا حدی بگذارید.",
    },
    metrics_open: {
      saw: "/metrics به {address} جواب می‌دهد که loopback نیست",
      fix: "کسی درخواست دیگران را مثل مال خود می‌رساند: پراکسی X-Forwarded-For بفرستد، یا /metrics را نرساند.",
    },

    database_good: {
      saw: "{file}: باز می‌شود، {size}، همه‌ی {migrations} گام ساختارش انجام شده و آسیبی دیده نشد",
      fix: "",
    },
    database_to_come: { saw: "{file}: در اولین اجرا ساخته می‌شود", fix: "" },
    database_to_update: { saw: "{file}: اجرای بعدی به‌روزش می‌کند ({names})", fix: "" },
    database_older: {
      saw: "{file}: سروری که روشن است از این برنامه قدیمی‌تر است ({names} مانده)",
      fix: "دوباره اجرایش کنید.",
    },
    database_newer: {
      saw: "{file}: پیک تازه‌تری آن را نوشته است ({names})",
      fix: "همان نسخه را نصب کنید، یا پشتیبان قبلی را برگردانید.",
    },
    database_unreadable: {
      saw: "{file}: {detail}",
      fix: "به کاربر سرور اجازه‌ی خواندن و نوشتن فایل و پوشه‌اش را بدهید.",
    },
    database_unseen: {
      saw: "{file}: این کاربر اجازه ندارد داخلش را ببیند",
      fix: "با کاربر سرور اجرا کنید: sudo -u USER peyk doctor --local",
    },
    database_broken: {
      saw: "{file} آسیب دیده است: {detail}",
      fix: "پیک را ببندید، از فایل نسخه‌ای نگه دارید، و آخرین پشتیبان را برگردانید.",
    },
    database_locked: {
      saw: "{file}: برنامه‌ی دیگری نمی‌گذارد کسی بنویسد",
      fix: "ببندیدش: `fuser -v {file}` می‌گوید چه کسی بازش کرده است.",
    },
    database_unchecked: {
      saw: "{size} برای بررسی سریع آسیب زیاد است",
      fix: "در ساعتی خلوت: sqlite3 {file} 'PRAGMA quick_check'",
    },
    database_server_good: {
      saw: "{file}: PostgreSQL {version} پاسخ می‌دهد، {size}، همه‌ی {migrations} گام ساختارش انجام شده",
      fix: "",
    },
    database_down: {
      saw: "{file}: PostgreSQL در دسترس نیست: {detail}",
      fix: "روشنش کنید (systemctl start postgresql)، یا میزبان، کاربر و گذرواژه را در DATABASE_URL بررسی کنید.",
    },

    disk_room: { saw: "{free} آزاد ({percent} ٪) در {folder}", fix: "" },
    disk_low: {
      saw: "فقط {free} آزاد ({percent} ٪) در {folder}",
      fix: "جا باز کنید، یا DATA_DIR را به دیسک بزرگ‌تری ببرید؛ PHOTO_QUOTA_BYTES و JOURNAL_MAX_AGE حد نگه‌داری پیک است.",
    },
    disk_full: {
      saw: "دیسک {folder} پر است ({free} آزاد): چیزی نگه داشته نمی‌شود",
      fix: "همین حالا جا باز کنید؛ آن‌چه رد شده دوباره از فرستنده‌اش می‌آید.",
    },
    disk_fast: { saw: "نوشتن مطمئن {ms} میلی‌ثانیه طول می‌کشد", fix: "" },
    disk_slow: {
      saw: "نوشتن مطمئن {ms} میلی‌ثانیه طول می‌کشد: هر پیام چت همین‌قدر صبر می‌کند",
      fix: "DATA_DIR را به دیسک همین ماشین ببرید نه دیسک شبکه، یا ببینید چه کسی مشغولش کرده: iostat -x 1",
    },
    data_dir_to_come: { saw: "{folder}: در اولین اجرا ساخته می‌شود", fix: "" },
    data_dir_unusable: {
      saw: "در {folder} نمی‌شود نوشت: {detail}",
      fix: "به کاربر سرور اجازه بدهید، یا با DATA_DIR پوشه‌ی دیگری انتخاب کنید.",
    },
    data_dir_unseen: {
      saw: "{folder}: این کاربر اجازه ندارد داخلش را ببیند",
      fix: "با کاربر سرور اجرا کنید: sudo -u USER peyk doctor --local",
    },
    wal_big: {
      saw: "{file} به {size} رسیده است: به پایگاه داده برگردانده نمی‌شود",
      fix: "برنامه‌ای را پیدا کنید که پایگاه را باز نگه داشته (پشتیبان‌گیری؟)، بعد پیک را دوباره اجرا کنید.",
    },

    node_alone: { saw: "یک گره؛ واسط {broker} برایش بس است", fix: "" },
    nodes_share: {
      saw: "{processes} با یک پایگاه {file} کار می‌کنند و واسطی میانشان نیست: هر کدام نیمی از حاضران را می‌بیند",
      fix: "یکی را ببندید (kill {pid})، یا DATA_DIR جداگانه به آن بدهید.",
    },
    nodes_share_server: {
      saw: "{writers} سرور در {place} می‌نویسند و واسطی میانشان نیست: هر کدام نیمی از حاضران را می‌بیند",
      fix: "همه جز یکی را ببندید؛ pg_stat_activity نشانشان می‌دهد: application_name = 'peyk writer'",
    },
    nodes_unseen: {
      saw: "این سیستم نمی‌گوید چه کسی پایگاه را باز کرده است",
      fix: "مطمئن شوید فقط یک سرور با این DATA_DIR کار می‌کند.",
    },

    platforms_none: { saw: "هیچ صندوقی از آن‌ها استفاده نمی‌کند", fix: "" },
    platforms_well: { saw: "{inboxes} صندوق، و هر کدام به سکوی خود می‌رسد", fix: "" },
    platforms_asleep: { saw: "{inboxes} صندوق؛ با روشن شدن سرور شروع به پرسیدن می‌کنند", fix: "" },
    platforms_ill: { saw: "صندوقی پیام نمی‌گیرد، یا نمی‌تواند بفرستد", fix: "{fix}" },

    descriptors_enough: {
      saw: "{used} از {limit} در کار است؛ MAX_CONNECTIONS={connections} جا می‌شود",
      fix: "",
    },
    descriptors_left: { saw: "{used} از {limit} در کار است", fix: "" },
    descriptors_few: {
      saw: "سیستم {limit} می‌دهد، MAX_CONNECTIONS={connections} به {wanted} نیاز دارد: بیشتر از آن سوکت‌ها بی‌صدا باز نمی‌شوند",
      fix: "بیشترش کنید (ulimit -n {wanted}؛ در systemd: LimitNOFILE={wanted})، یا MAX_CONNECTIONS را کم کنید.",
    },
    descriptors_used_up: {
      saw: "{used} از {limit} در کار است: به‌زودی کسی وصل نمی‌شود",
      fix: "حد را بیشتر کنید (ulimit -n؛ در systemd: LimitNOFILE) و دوباره اجرا کنید، یا MAX_CONNECTIONS را کم کنید.",
    },
    descriptors_unseen: {
      saw: "این سیستم حد را نمی‌گوید",
      fix: "ببینید از MAX_CONNECTIONS={connections} بیشتر باشد: ulimit -n",
    },

    memory_enough: { saw: "{used} در کار است، {limit} مجاز است", fix: "" },
    memory_allowed: { saw: "{limit} مجاز است", fix: "" },
    memory_small: {
      saw: "{limit} مجاز است که کم است",
      fix: "دست‌کم ۲۵۶ مگابایت بدهید، یا MAX_CONNECTIONS و MAX_OUTBOX_BYTES را کم کنید.",
    },
    memory_tight: {
      saw: "{used} از {limit} در کار است: سیستم به‌زودی آن را می‌بندد",
      fix: "بیشتر بدهید، یا MAX_CONNECTIONS و MAX_OUTBOX_BYTES را کم کنید.",
    },

    clock_right: { saw: "{now} UTC، و چیزی خلافش را نمی‌گوید", fix: "" },
    clock_not_synchronized: {
      saw: "{now} UTC، و کسی تنظیمش نمی‌کند: توکن‌ها و گواهی‌ها به آن وابسته‌اند",
      fix: "sudo timedatectl set-ntp true",
    },
    clock_behind: {
      saw: "{now} UTC، اما {file} در {at} نوشته شده است: ساعت عقب رفته یا غلط است",
      fix: "درستش کنید: sudo timedatectl set-ntp true؛ تا آن وقت توکن‌ها انگار از آینده می‌آیند.",
    },
  },
};
