// Copied beside the packages that it imports (dev/lib/node_env.sh); ESLint is told the files of the checkout.
import js from "@eslint/js";
import globals from "globals";

export default [
    js.configs.recommended,
    {
        languageOptions: {
            ecmaVersion: 2022,
            sourceType: "module",
            globals: { ...globals.browser, odoo: "readonly", Chart: "readonly", luxon: "readonly" },
        },
        rules: {
            eqeqeq: ["error", "always"],
            "no-shadow": "error",
            "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
            "no-var": "error",
            "prefer-const": "error",
        },
    },
];
