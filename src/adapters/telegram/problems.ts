/** What an operator reads when something is wrong: what it is, in Telegram's words too, and what to do. */

/** Telegram says 401 to a revoked token, and 404 to what it cannot even read as one. */
export const isBadToken = (code: number): boolean => code === 401 || code === 404;

export const badToken = (words: string): string =>
  `The bot token is not valid (Telegram: "${words}"). Get the current one from @BotFather and set it for this inbox; check api_root too.`;

export const conflict = (words: string): string =>
  `Another program uses this bot, so that messages may go there (Telegram: "${words}"). Stop it, or revoke the token with @BotFather and set the new one here.`;

export const away = (words: string): string =>
  `Telegram cannot be asked for messages: ${words}. They wait there for a day; check this server's way to the internet.`;

export const notStored =
  "Messages from Telegram cannot be stored; they wait there for a day. Look at the store in health and in the log.";

export const noWebhook = (doing: string, words: string): string =>
  `Telegram cannot be ${doing}: ${words}. Check the inbox's public address, its certificate, and this server's way to the internet.`;
