export declare const page: string;
export declare const style: string;
/** File name → text. */
export declare const scripts: Readonly<Record<string, string>>;
/** What the page says. Advice is a list of sentences. */
export declare const languages: Readonly<
  Record<"en" | "fa" | "ru", Readonly<Record<string, string | readonly string[]>>>
>;
