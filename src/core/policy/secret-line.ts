/** Secrets within texts: lines of configuration files, arguments, connection strings. */
import { isSecretNameInText } from './secret-name.ts';
import { isPlaceholder } from './secret-shape.ts';

/** What was recognised, for people. */
export type SecretLine = 'a line with a password or a key' | 'a connection string with a password';

/** A text without these words holds no such line. */
const HINT = /pass|pwd|secret|token|key/i;
/** `name: value` and `name = value` of YAML, JSON, INI, properties and shell, and `--name=value`, as the whole line. */
const LINE =
  /^[ \t]{0,64}(?:- |--?|export |[{,][ \t]{0,8})?["']?([A-Za-z0-9_.-]{1,128})["']?[ \t]{0,8}[:=][ \t]{0,8}([^\r\n]+)/gm;
/** Members of JSON beyond the first of a line. */
const MEMBER = /[{,][ \t]{0,8}"([A-Za-z0-9_.-]{1,128})"[ \t]{0,8}:[ \t]{0,8}("[^"\r\n]{1,512}")/g;
/** Redis' way to say it. */
const REQUIREPASS = /^[ \t]{0,64}(requirepass|masterauth)[ \t]{1,8}([^\r\n]+)/gm;
/** ADO.NET, ODBC and Azure divide by `;`, JDBC by `&`, libpq by blanks, where a word of its own tells it from prose. */
const CONNECTION =
  /[;&?][ \t]{0,8}(?:password|pwd|accountkey|sharedaccesskey)[ \t]{0,8}=[ \t]{0,8}([^;&\r\n]{1,512})/gi;
const LIBPQ = /[ \t]password=([^\s]{1,256})/g;
const LIBPQ_WORD = /(?:host|user|dbname)=/;

/** What a text holds in one of its lines; undefined when nothing in it says that it is a secret. Linear in the text. */
export function secretLineOf(text: string): SecretLine | undefined {
  if (!HINT.test(text)) return undefined;
  for (const pattern of LIBPQ_WORD.test(text) ? [CONNECTION, LIBPQ] : [CONNECTION]) {
    for (const [, value = ''] of text.matchAll(pattern))
      if (isWritten(value)) return 'a connection string with a password';
  }
  for (const pattern of [LINE, MEMBER, REQUIREPASS]) {
    for (const [, name = '', value = ''] of text.matchAll(pattern)) {
      if ((pattern === REQUIREPASS || isSecretNameInText(name)) && isWritten(value))
        return 'a line with a password or a key';
    }
  }
  return undefined;
}

/** Nothing, an alias, a block, a reference, a call: what stands behind the name is not the secret itself. */
const NOT_WRITTEN =
  /^(?:|~|null|nil|none|true|false|undefined|[|>&*!$%<?[({].*|[A-Za-z_][A-Za-z0-9_.]{0,128}[([{].*)$/is;
/** A comment, a comma or a bracket behind a value. */
const BEHIND = /(?:[ \t]{1,8}#.*|[,;}\]) \t]+)$/;

/** A template, which gives what is not known here. */
const TEMPLATE = /\{\{(?:(?!\}\}).)*\}\}/gs;

function isWritten(value: string): boolean {
  const short = value.slice(0, 1024).trim();
  const quoted = /^(["'])(.*?)\1/.exec(short);
  const bare = (quoted?.[2] ?? short).replaceAll(TEMPLATE, '');
  const text = quoted === null ? bare.replace(BEHIND, '') : bare;
  if (isPlaceholder(text) || text.trim() === '' || text.startsWith('$')) return false;
  // Prose goes on; a value that was not quoted ends at its first blank.
  return quoted === null
    ? !/\s/.test(text) && !NOT_WRITTEN.test(text)
    : !/^(?:true|false|null|<[^>]*>)$/.test(text);
}
