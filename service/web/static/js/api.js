// The documentation of the JSON API, drawn by Swagger UI from the app's own schema.
const csrf = document.querySelector('meta[name="csrf-token"]').content;

globalThis.SwaggerUIBundle({
  domNode: document.getElementById("api"),
  url: document.getElementById("api").dataset.schema,
  deepLinking: true,
  validatorUrl: null,
  requestInterceptor(request) {
    request.headers["X-CSRF-Token"] = csrf;
    return request;
  },
});
