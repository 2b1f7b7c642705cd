/** Tailwind 4 is a PostCSS plugin; its tokens live in app/globals.css. */
export default { plugins: { "@tailwindcss/postcss": {} } };
