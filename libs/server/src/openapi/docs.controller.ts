import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import { Describe } from './describe.js';
import { API_DOCUMENT } from './document-token.js';

/** The OpenAPI document. */
@Controller()
export class DocsController {
  constructor(@Inject(API_DOCUMENT) private readonly document: Readonly<Record<string, unknown>>) {}

  @Get('openapi.json')
  @Describe({
    summary: 'This API as OpenAPI 3.1',
    answers: { 200: { description: 'The document.', schema: z.record(z.string(), z.unknown()) } },
  })
  openApi() {
    return this.document;
  }

  @Get('docs')
  @Describe({
    summary: 'This API in Swagger UI',
    answers: { 200: { description: 'A page.', mediaType: 'text/html' } },
  })
  docs(@Res() reply: FastifyReply): void {
    void reply.type('text/html; charset=utf-8').send(PAGE);
  }

  @Get('docs/start.js')
  @Describe({
    summary: 'Starts Swagger UI',
    answers: { 200: { description: 'A script.', mediaType: 'text/javascript' } },
  })
  start(@Res() reply: FastifyReply): void {
    void reply.type('text/javascript; charset=utf-8').send(START);
  }
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>Skald API</title>
    <link rel="icon" href="/docs/assets/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css">
  </head>
  <body>
    <div id="ui"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#ui', validatorUrl: null });\n`;
