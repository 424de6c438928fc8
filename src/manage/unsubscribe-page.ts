/** Asks whether to go on. The form posts to the page's own address what a mail program's one click posts. */
export const askPage = page(
  'Unsubscribe',
  `<p>End all messages about gems from gemherald to this address?</p>
<form method="post"><button name="List-Unsubscribe" value="One-Click">Unsubscribe</button></form>`,
)

/** Says that it is done, the first time and every other time. */
export const donePage = page(
  'Unsubscribed',
  '<p>This address gets no more messages about gems from gemherald.</p>',
)

/** For a link that was not made here, or was cut short. */
export const unknownPage = page(
  'Unknown link',
  '<p>This unsubscribe link is not complete, or it is not from this server. Copy it whole from the email.</p>',
)

function page(title: string, body: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title} - gemherald</title>
</head>
<body>
<h1>${title}</h1>
${body}
</body>
</html>
`
}
