const NAME = '[A-Za-z_][A-Za-z0-9_.-]*';
const TEXT = String.raw`(?:[^<>&]|&(?:amp|lt|gt|quot|apos|#\d+);)*`;
const PART = new RegExp(
  String.raw`<\?xml [^?]*\?>|<(?<open>${NAME})(?<attributes>(?:\s+${NAME}="(?:[^<&"]|&(?:amp|lt|gt|quot|apos|#\d+);)*")*)\s*(?<empty>/?)>|</(?<close>${NAME})>|(?<text>${TEXT})`,
  'y',
);
/** XML 1.0, production 2. */
const CHARACTER = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u;

/** Why a text is no well-formed XML document without comments and CDATA; undefined when it is one. */
export function xmlProblem(xml: string): string | undefined {
  if (!CHARACTER.test(xml)) return 'a character that XML does not have';
  const open: string[] = [];
  for (let at = 0; at < xml.length; at = PART.lastIndex) {
    PART.lastIndex = at;
    const match = PART.exec(xml);
    if (match === null || match[0] === '') return `not XML at ${at}: ${xml.slice(at, at + 40)}`;
    const { open: opened, close, empty, attributes = '', text } = match.groups ?? {};
    const names = [...attributes.matchAll(new RegExp(`(${NAME})=`, 'g'))].map(([, name]) => name);
    if (opened !== undefined) {
      if (new Set(names).size < names.length) return `an attribute twice in ${opened}`;
      if (empty === '') open.push(opened);
    } else if (close !== undefined && open.pop() !== close) return `</${close}> closes another element`;
    else if (text !== undefined && open.length === 0 && text.trim() !== '') return 'text outside of the root';
  }
  return open.length === 0 ? undefined : `${open.join(', ')} not closed`;
}
