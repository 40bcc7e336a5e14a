import type { Words } from "./words.ts";

export const ru: Words = {
  title: "Peyk глазами этой машины",
  fix: "что делать",
  summary: {
    ok: "Здесь всё в порядке. Что видят другие: peyk doctor URL с их машины.",
    warning: "Работает. Обратить внимание: {warnings}.",
    error: "Исправить в первую очередь: {errors}; обратить внимание: {warnings}.",
  },
  groups: {
    ports: "Порты",
    addresses: "Адреса",
    firewall: "Файрвол",
    server: "Сервер",
    proxy: "Прокси",
    certificate: "Сертификат",
    settings: "Настройки",
    database: "База данных",
    disk: "Диск",
    nodes: "Узлы",
    platforms: "Telegram и Instagram",
    descriptors: "Дескрипторы",
    memory: "Память",
    clock: "Часы",
  },
  outcomes: {
    check_failed: {
      saw: "проверить не удалось: {detail}",
      fix: "Запустите ещё раз; если не хватает прав, через sudo.",
    },

    port_serves: { saw: "порт {port}: Peyk, {process}, слушает {address} и отвечает", fix: "" },
    port_behind_proxy: {
      saw: "порт {port}: Peyk, {process}, слушает только {address}, за прокси на этой машине, который назван в TRUST_PROXY",
      fix: "",
    },
    port_loopback_only: {
      saw: "порт {port}: Peyk, {process}, слушает только {address}: с других машин он недоступен",
      fix: "Если перед ним прокси на этой машине, это верно: назовите его, TRUST_PROXY=127.0.0.1. Иначе запустите с HOST=0.0.0.0.",
    },
    port_ipv6_only: {
      saw: "порт {port}: Peyk, {process}, слушает только {address}: тем, у кого лишь IPv4, он недоступен",
      fix: "Запустите с HOST=:: (оба) или с HOST=0.0.0.0.",
    },
    port_idle: {
      saw: "порт {port}: свободен, никто не слушает: с этими настройками Peyk не запущен",
      fix: "Запустите: npm start или peyk serve",
    },
    port_elsewhere: {
      saw: "порт {port}: свободен, но Peyk, {process}, слушает порт {other}",
      fix: "Запустите с настройками того сервера: peyk doctor --local --port {other}",
    },
    port_any: {
      saw: "{setting}=0: свободный порт система выбирает при запуске; его называет peyk serve",
      fix: "",
    },
    port_held: {
      saw: "порт {port}: занят процессом {process}; это не Peyk или отвечает не так, как он",
      fix: "Завершите этот процесс (kill {pid}) или выберите другой порт: {setting}={next}",
    },
    port_held_unseen: {
      saw: "порт {port}: занят процессом, который этому пользователю не виден; это не Peyk или отвечает не так, как он",
      fix: "Его назовёт `sudo ss -ltnp 'sport = :{port}'`. Завершите его или выберите другой порт: {setting}={next}",
    },
    port_forbidden: {
      saw: "порт {port}: этому пользователю нельзя его слушать",
      fix: "Возьмите порт выше 1023 и поставьте впереди прокси или дайте право: sudo sysctl net.ipv4.ip_unprivileged_port_start={port}",
    },
    host_unknown: {
      saw: "HOST={host}: ни у одного интерфейса этой машины нет такого адреса",
      fix: "Укажите HOST=0.0.0.0 или один из адресов, которые показывает `ip address`.",
    },
    port_silent: {
      saw: "порт {port}: Peyk, {process}, принимает соединения и не отвечает",
      fix: "Он завис или перегружен: посмотрите его журнал и `top`, затем перезапустите.",
    },
    port_address_dead: {
      saw: "порт {port}: отвечает на loopback, но не на {address} ({how})",
      fix: "Какое-то правило этой машины закрывает её собственный адрес: смотрите файрвол ниже или sudo nft list ruleset.",
    },

    address_public: {
      saw: "{url}  публичный, {interface}: доступен из интернета, если не мешает файрвол",
      fix: "",
    },
    address_lan: { saw: "{url}  только эта сеть, {interface}", fix: "" },
    address_cgnat: {
      saw: "{url}  {interface}: 100.64.0.0/10, общий адрес клиентов провайдера (CGNAT); из интернета недоступен",
      fix: "",
    },
    address_tunnel: { saw: "{url}  {interface}: туннель или VPN; доступен его участникам", fix: "" },
    address_container: {
      saw: "{url}  {interface}: только контейнеры и виртуальные машины этой машины",
      fix: "",
    },
    address_ipv6_unserved: {
      saw: "{address}, {interface}, не обслуживается: HOST=0.0.0.0 означает IPv4; HOST=:: обслуживает оба",
      fix: "",
    },
    address_loopback: { saw: "{url}  только эта машина", fix: "" },
    address_named: { saw: "{url}  по имени", fix: "" },
    address_not_public: {
      saw: "ни у одного интерфейса нет публичного адреса: из интернета только через роутер, туннель или прокси (docs/external-access.ru.md)",
      fix: "",
    },

    firewall_open: { saw: "порт {port}: правил, которые его закрывают, не найдено ({tools})", fix: "" },
    firewall_not_asked: { saw: "для других машин портов не открыто, файрвол не важен", fix: "" },
    firewall_left_to_proxy: {
      saw: "порт {port}: напрямую другим не войти ({tool}), они приходят через прокси из TRUST_PROXY",
      fix: "",
    },
    firewall_blocks: {
      saw: "порт {port}: другим не войти. {tool}: {rule}",
      fix: "Если они должны входить напрямую, а не через прокси: {command}",
    },
    firewall_some: {
      saw: "порт {port}: войти могут лишь некоторые, по правилу {exception}; остальных встречает {tool}: {rule}",
      fix: "Если напрямую должны входить все: {command}",
    },
    firewall_may_block: {
      saw: "порт {port}: его, возможно, закрывает правило, о котором программа судить не может. {tool}: {rule}",
      fix: "Проверьте с другой машины: peyk doctor URL. Если ответа нет: {command}",
    },
    firewall_unreadable: {
      saw: "{tools}: правила может читать только root",
      fix: "Чтобы проверить и их, запустите от root: sudo {command}",
    },
    firewall_absent: {
      saw: "программ файрвола не найдено (ufw, firewalld, nft, iptables), правила неизвестны",
      fix: "Команды для вашей системы: docs/external-access.ru.md, раздел 3.",
    },

    server_well: { saw: "сам он считает, что здоров ({checks})", fix: "" },
    server_idle: { saw: "не запущен, спросить некого", fix: "Запустите его и повторите." },
    server_silent_on_details: {
      saw: "работает, но не считает нас loopback, а подробности рассказывает только ему (HOST={host} или TRUST_PROXY)",
      fix: "Посмотрите /api/websocket/health/ с токеном персонала.",
    },
    server_warns: { saw: "{check}: {saw}", fix: "{fix}" },
    server_fails: { saw: "{check}: {saw}", fix: "{fix}" },

    proxy_named: { saw: "через прокси приходят только те запросы, чей прокси назван в TRUST_PROXY", fix: "" },
    proxy_none: { saw: "прокси запросов не передаёт", fix: "" },
    proxy_not_named: {
      saw: "{count} запросов пришло через прокси {address}, которого нет в TRUST_PROXY: все за ним считаются одним адресом и делят его лимиты",
      fix: "Задайте TRUST_PROXY={address}, и пусть прокси ставит X-Forwarded-For.",
    },
    proxy_not_asked: {
      saw: "передаёт ли запросы прокси, знает только работающий сервер",
      fix: "Запустите его, пусть кто-нибудь подключится, и повторите.",
    },

    tls_off: {
      saw: "TLS здесь нет: за прокси с TLS это нормально; вне localhost он нужен браузерам",
      fix: "",
    },
    tls_good: { saw: "для {names}, до {until}; порты его показывают", fix: "" },
    tls_unusable: {
      saw: "{file}: {detail}",
      fix: "Укажите в TLS_CERT и TLS_KEY два файла PEM, выданных вместе, например fullchain.pem и privkey.pem.",
    },
    tls_key_open: {
      saw: "{file}: закрытый ключ доступен каждому пользователю этой машины (права {mode})",
      fix: "chmod 0600 {file}",
    },
    tls_expired: {
      saw: "закончился {until}: его не примет ни один клиент",
      fix: "Обновите его (certbot renew) и выясните, почему это не произошло само.",
    },
    tls_not_yet: {
      saw: "начинает действовать {from}",
      fix: "Поставьте часы машины верно: timedatectl set-ntp true",
    },
    tls_expires_soon: {
      saw: "заканчивается {until}, осталось дней: {days}",
      fix: "Обновите его (certbot renew) и выясните, почему это не произошло само.",
    },
    tls_chain_cut: {
      saw: "{file}: нет сертификата издателя ({issuer}): браузеры, может быть, справятся, устройства и программы нет",
      fix: "Укажите в TLS_CERT файл со всей цепочкой, например fullchain.pem.",
    },
    tls_name_missing: {
      saw: "он для {names}, а не для {name} из PUBLIC_URL",
      fix: "Получите сертификат, где есть и {name}, или исправьте PUBLIC_URL.",
    },
    tls_old_shown: {
      saw: "порт {port} показывает не тот сертификат, что в файле",
      fix: "Изменённый файл подхватывается за 10 с; если прошло больше, ищите в журнале tls.reload_failed.",
    },

    settings_fine: { saw: "ничего опасного не задано", fix: "" },
    tokens_open: {
      saw: "PUBLIC_TOKENS=open: токены всех плат получит любой, кто достучится до сервера",
      fix: "Задайте PUBLIC_TOKENS=pairing и пользуйтесь `peyk pair` или выдайте каждому устройству свой токен: `peyk device add`.",
    },
    proxy_everybody: {
      saw: "TRUST_PROXY={entry}: почти любой может назвать чужой адрес своим, обойти лимиты и подставить другого в журнале",
      fix: "Назовите только адреса своих прокси, например TRUST_PROXY=127.0.0.1.",
    },
    secret_weak: {
      saw: "{where}: этот секрет можно угадать и сделать с ним любой токен",
      fix: "Положите туда случайный (openssl rand -base64 48); всем придётся войти заново.",
    },
    secret_file_open: {
      saw: "{file}: его могут читать другие пользователи этой машины (права {mode})",
      fix: "chmod 0600 {file}",
    },
    data_dir_open: {
      saw: "{folder}: базу в ней могут читать другие пользователи этой машины (права {mode})",
      fix: "chmod 0700 {folder}",
    },
    runs_as_root: {
      saw: "работает от root: ошибка в нём станет ошибкой всей машины",
      fix: "Запускайте от отдельного пользователя; для портов ниже 1024 есть прокси.",
    },
    log_loud: {
      saw: "LOG_LEVEL={level}: по строке на каждое сообщение, диск заполнится",
      fix: "Верните LOG_LEVEL=info, когда увидите то, что искали.",
    },
    admin_password_left: {
      saw: "ADMIN_PASSWORD всё ещё в окружении; он нужен был только при первом запуске",
      fix: "Уберите его; новый пароль задаёт `peyk user passwd`.",
    },
    limits_off: {
      saw: "{settings}: один клиент может занять всё",
      fix: "Уберите из настроек, чтобы вернуть значение по умолчанию, или задайте предел.",
    },
    metrics_open: {
      saw: "/metrics отвечает адресу {address}, а это не loopback",
      fix: "Кто-то передаёт чужие запросы как свои: пусть прокси ставит X-Forwarded-For или не пропускает /metrics.",
    },

    database_good: {
      saw: "{file}: открывается, {size}, все шаги схемы ({migrations}) выполнены, повреждений не найдено",
      fix: "",
    },
    database_to_come: { saw: "{file}: будет создан при первом запуске", fix: "" },
    database_to_update: { saw: "{file}: следующий запуск обновит схему ({names})", fix: "" },
    database_older: {
      saw: "{file}: работающий сервер старше этой программы (не выполнено: {names})",
      fix: "Перезапустите его.",
    },
    database_newer: {
      saw: "{file}: записан более новой версией Peyk ({names})",
      fix: "Установите ту версию или верните прежнюю резервную копию.",
    },
    database_unreadable: {
      saw: "{file}: {detail}",
      fix: "Дайте пользователю сервера право читать и писать файл и его папку.",
    },
    database_unseen: {
      saw: "{file}: этому пользователю туда нельзя",
      fix: "Запустите от пользователя сервера: sudo -u USER peyk doctor --local",
    },
    database_broken: {
      saw: "{file} повреждён: {detail}",
      fix: "Остановите Peyk, сохраните копию файла и верните последнюю резервную копию.",
    },
    database_locked: {
      saw: "{file}: другая программа никому не даёт писать",
      fix: "Завершите её: `fuser -v {file}` покажет, кто его открыл.",
    },
    database_unchecked: {
      saw: "{size}: слишком много, чтобы мимоходом искать повреждения",
      fix: "В тихий час: sqlite3 {file} 'PRAGMA quick_check'",
    },
    database_server_good: {
      saw: "{file}: PostgreSQL {version} отвечает, {size}, все шаги схемы ({migrations}) выполнены",
      fix: "",
    },
    database_down: {
      saw: "{file}: PostgreSQL недоступен: {detail}",
      fix: "Запустите его (systemctl start postgresql) или проверьте адрес, пользователя и пароль в DATABASE_URL.",
    },

    disk_room: { saw: "свободно {free} ({percent} %) под {folder}", fix: "" },
    disk_low: {
      saw: "свободно всего {free} ({percent} %) под {folder}",
      fix: "Освободите место или перенесите DATA_DIR на диск побольше; PHOTO_QUOTA_BYTES и JOURNAL_MAX_AGE ограничивают то, что хранит Peyk.",
    },
    disk_full: {
      saw: "диск под {folder} полон (свободно {free}): сохранить ничего нельзя",
      fix: "Освободите место сейчас; то, в чём было отказано, отправители пришлют снова.",
    },
    disk_fast: { saw: "надёжная запись занимает {ms} мс", fix: "" },
    disk_slow: {
      saw: "надёжная запись занимает {ms} мс: столько ждёт каждое сообщение чата",
      fix: "Перенесите DATA_DIR на диск этой машины, а не сети, или найдите, кто его занимает: iostat -x 1",
    },
    data_dir_to_come: { saw: "{folder}: будет создана при первом запуске", fix: "" },
    data_dir_unusable: {
      saw: "в {folder} нельзя писать: {detail}",
      fix: "Дайте пользователю сервера это право или выберите другую папку через DATA_DIR.",
    },
    data_dir_unseen: {
      saw: "{folder}: этому пользователю туда нельзя",
      fix: "Запустите от пользователя сервера: sudo -u USER peyk doctor --local",
    },
    wal_big: {
      saw: "{file} вырос до {size}: он не переносится в базу",
      fix: "Найдите программу, которая держит базу открытой (резервное копирование?), затем перезапустите Peyk.",
    },

    node_alone: { saw: "узел один; брокера {broker} ему достаточно", fix: "" },
    nodes_share: {
      saw: "{processes} работают с одной базой {file}, и брокера между ними нет: каждый видит половину присутствующих",
      fix: "Завершите один из них (kill {pid}) или дайте ему свой DATA_DIR.",
    },
    nodes_share_server: {
      saw: "{writers} сервера пишут в {place}, и брокера между ними нет: каждый видит половину присутствующих",
      fix: "Оставьте один; остальные видны в pg_stat_activity: application_name = 'peyk writer'",
    },
    nodes_unseen: {
      saw: "эта система не говорит, кто открыл базу",
      fix: "Следите, чтобы с этим DATA_DIR работал один сервер.",
    },

    platforms_none: { saw: "ни один ящик ими не пользуется", fix: "" },
    platforms_well: { saw: "ящиков: {inboxes}, и каждый достаёт до своей платформы", fix: "" },
    platforms_asleep: { saw: "ящиков: {inboxes}; они начнут спрашивать, когда сервер заработает", fix: "" },
    platforms_ill: { saw: "какой-то ящик не получает сообщений или не может их отправить", fix: "{fix}" },

    descriptors_enough: {
      saw: "занято {used} из {limit}; MAX_CONNECTIONS={connections} помещается",
      fix: "",
    },
    descriptors_left: { saw: "занято {used} из {limit}", fix: "" },
    descriptors_few: {
      saw: "система даёт {limit}, а MAX_CONNECTIONS={connections} требует {wanted}: сверх того сокеты молча не откроются",
      fix: "Поднимите предел (ulimit -n {wanted}; в юните systemd LimitNOFILE={wanted}) или уменьшите MAX_CONNECTIONS.",
    },
    descriptors_used_up: {
      saw: "занято {used} из {limit}: скоро никто не сможет подключиться",
      fix: "Поднимите предел (ulimit -n; в юните systemd LimitNOFILE) и перезапустите или уменьшите MAX_CONNECTIONS.",
    },
    descriptors_unseen: {
      saw: "эта система не говорит предела",
      fix: "Проверьте, что он выше MAX_CONNECTIONS={connections}: ulimit -n",
    },

    memory_enough: { saw: "занято {used}, можно {limit}", fix: "" },
    memory_allowed: { saw: "можно {limit}", fix: "" },
    memory_small: {
      saw: "можно {limit}, этого мало",
      fix: "Дайте хотя бы 256 МБ или уменьшите MAX_CONNECTIONS и MAX_OUTBOX_BYTES.",
    },
    memory_tight: {
      saw: "занято {used} из {limit}: система скоро его завершит",
      fix: "Дайте больше или уменьшите MAX_CONNECTIONS и MAX_OUTBOX_BYTES.",
    },

    clock_right: { saw: "{now} UTC, ничто этому не противоречит", fix: "" },
    clock_not_synchronized: {
      saw: "{now} UTC, и никто за ними не следит: от них зависят токены и сертификаты",
      fix: "sudo timedatectl set-ntp true",
    },
    clock_behind: {
      saw: "{now} UTC, но {file} записан в {at}: часы перевели назад, или они врут",
      fix: "Поставьте верно: sudo timedatectl set-ntp true; до тех пор токены кажутся пришедшими из будущего.",
    },
  },
};
