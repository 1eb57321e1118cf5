/** Texts of CEL, which are passed over, and the operators that have a neighbour. */
const TOKEN = /'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|>=|<=|==|!=|&&|\|\||<|>/g;

const NEIGHBOUR: Readonly<Record<string, string>> = {
  '>=': '>',
  '>': '>=',
  '<=': '<',
  '<': '<=',
  '==': '!=',
  '!=': '==',
  '&&': '||',
  '||': '&&',
};

/** Expressions next to one: its opposite, and one operator each turned into its neighbour. */
export function nearbyExpressions(text: string): readonly string[] {
  const others = [...text.matchAll(TOKEN)].flatMap(({ 0: token, index }) => {
    const other = NEIGHBOUR[token];
    return other === undefined ? [] : [text.slice(0, index) + other + text.slice(index + token.length)];
  });
  return [`!(${text})`, ...others];
}
