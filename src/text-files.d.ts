/** Text files are bundled as they are: a program that ends in `.mjs.txt` is handed out, and not run. */
declare module '*.txt' {
  const text: string
  export default text
}
