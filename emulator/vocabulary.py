"""The words the invented accounts are made of: people, places, sources, and what is said about them."""

from typing import Final

FIRST_NAMES: Final = (
    *("James", "Maria", "Robert", "Linda", "Michael", "Patricia", "David", "Jennifer", "Carlos", "Angela"),
    *("Kevin", "Priya", "Brian", "Nicole", "Anthony", "Stephanie", "Marcus", "Danielle", "José", "Renée"),
    *("Thomas", "Aisha", "Daniel", "Megan", "Samuel", "Grace", "Victor", "Hannah", "Andre", "Olivia"),
    *("Gregory", "Yolanda", "Peter", "Simone", "Dwayne", "Katherine", "Omar", "Zoë", "Walter", "Beth"),
    *("Raj", "Tiffany", "Curtis", "Monica", "Ethan", "Lauren", "Isaac", "Camila", "Neil", "Tamara"),
)
LAST_NAMES: Final = (
    *("Anderson", "Ramirez", "Whitfield", "Nguyen", "O'Neil", "Patel", "Brooks", "Coleman", "Ortiz", "Fletcher"),
    *("Hughes", "Kowalski", "Bennett", "Delgado", "Foster", "Grant", "Hawkins", "Iverson", "Jensen", "Kaplan"),
    *("Lambert", "Morales", "Norris", "Osborne", "Peterson", "Quintero", "Reeves", "Sandoval", "Tucker", "Underwood"),
    *("Vaughn", "Wallace", "Yates", "Zimmerman", "Abbott", "Barnes", "Chambers", "Dawson", "Ellison", "Franklin"),
    *("García", "Holloway", "Ibarra", "Johansson", "Kim", "Lindqvist", "McBride", "Nakamura", "Okafor", "Smith-Hale"),
)
# Names as people really type them: with brackets, ampersands, spaces at the end.
TYPED_NAMES: Final = (("Ann <Annie>", "Prescott"), ("Bill & Jo", "Harmon"), ("  Terri ", "Voss "), ("MARK", "DELUCA"))
# A contact made by an inbound text or call has no name of its own.
PLACEHOLDER_NAMES: Final = (("No Name", "Text Added"), ("No Name", "Added by Call"))

# City, state, first digits of its zip codes, area code.
CITIES: Final = (
    ("Dallas", "TX", "752", "214"),
    ("Austin", "TX", "787", "512"),
    ("Phoenix", "AZ", "850", "602"),
    ("Denver", "CO", "802", "303"),
    ("Charlotte", "NC", "282", "704"),
    ("Raleigh", "NC", "276", "919"),
    ("Tampa", "FL", "336", "813"),
    ("Orlando", "FL", "328", "407"),
    ("Atlanta", "GA", "303", "404"),
    ("Nashville", "TN", "372", "615"),
    ("Columbus", "OH", "432", "614"),
    ("Minneapolis", "MN", "554", "612"),
    ("Boise", "ID", "837", "208"),
    ("Portland", "OR", "972", "503"),
    ("San Diego", "CA", "921", "619"),
    ("Sacramento", "CA", "958", "916"),
    ("Kansas City", "MO", "641", "816"),
    ("Salt Lake City", "UT", "841", "801"),
    ("Richmond", "VA", "232", "804"),
    ("Hartford", "CT", "061", "860"),
    ("Coeur d'Alene", "ID", "838", "208"),
    ("Winston-Salem", "NC", "271", "336"),
)
STREETS: Final = (
    "Maple Ave",
    "Oak Street",
    "Lakeview Dr",
    "Main St",
    "Cedar Ln",
    "Sunset Blvd",
    "Mill Road",
    "2nd Ave N",
)
# The first two look natural and would start a formula in a spreadsheet.
COMPANIES: Final = (
    *("=Equal Partners LLC", "+Plus Ventures", "Northgate Holdings", "Blue Heron Capital, LLC", "R&B Investments"),
    *("Summit Family Office", "Three Oaks Group", "Lakeside Hospitality Inc.", "Prairie Wind Enterprises"),
)
EMAIL_DOMAINS: Final = ("example.com", "example.net", "example.org", "mail.example.com")

SALES_TEAM: Final = (
    *(("Dana", "Whitaker"), ("Luis", "Fontaine"), ("Caroline", "Mercer"), ("Tyrell", "Jacobs")),
    *(("Ingrid", "Solberg"), ("Mateo", "Vargas"), ("Rachel", "Osei"), ("Grant", "Pemberton")),
)

# Source and how often, in a thousand. {year} is the year before the account's "now".
LEAD_SOURCES: Final = (
    ("Google Ads", 210),
    ("Facebook", 190),
    ("Website Form", 130),
    ("FBR", 95),
    ("LinkedIn", 70),
    ("Referral", 55),
    ("YouTube", 35),
    ("Referral - Dana Whitaker", 15),
    ("Referral - Marcus O'Neil", 12),
    ("{year} - Dallas Franchise Show", 28),
    ("{year} - Phoenix Franchise Show", 18),
    ("{year} - Nashville Franchise Show", 12),
    ("Unknown", 45),
    ("", 60),
)
# What hands and integrations make of the same source.
SOURCE_VARIANTS: Final = {
    "Google Ads": ("Google Ads ", "google ads", "GOOGLE ADS"),
    "Facebook": ("facebook", "Facebook "),
    "Website Form": ("Website form", "Website Form  "),
    "LinkedIn": ("Linkedin", "LinkedIn "),
    "Referral": ("referral", "Referral "),
    "Unknown": ("unknown",),
    "": (" ",),
}
ACTION_PLANS: Final = (
    *("New Lead - 14 Day Drip", "Outbound Call Cadence", "QR Follow-up", "FDD Review Reminders"),
    *("Discovery Day Prep", "Long-Term Nurture", "Referral Thank You"),
)

WHITEBOARDS: Final = (
    "<p>Prefers texts after 5 pm. <b>Spouse is a partner</b> in the decision.</p>",
    "<ul><li>Liquid capital: $150k</li><li>Net worth: $600k+</li><li>Timeline: 3&ndash;6 months</li></ul>",
    '<p>Looking at <a href="https://example.com/territories">two territories</a>; wants the <i>north side</i>.</p>',
    '<div style="color:#900">Do not call at work!</div><br>Has run a gym for 9 years.',
    "Multi-unit candidate &amp; current franchisee of another brand",
    "<p>Unclosed <b>bold and a stray &lt; sign",
)
HOSTILE_WHITEBOARDS: Final = (
    "<p>Met at the show.</p><script>window.__hostile = 1</script>",
    '<img src="x" onerror="window.__hostile = 1" alt=""><p>Asked for the brochure.</p>',
)

# Kind as the history names it, and what such a note says. {first}, {lead}, {city} are filled in.
NOTES: Final = (
    ("Call", "<p>Left a voicemail for {first}, second attempt. Will try again tomorrow morning.</p>"),
    (
        "Call",
        "<p>Spoke with {first} for 20 minutes. <b>Very interested</b>, wants to see territory maps for {city}.</p>",
    ),
    (
        "Call",
        (
            "<p>Initial call done:</p><ul><li>Background: operations</li><li>Capital: confirmed</li>"
            "<li>Timeline: this year</li></ul><p>Next step: send the qualification request.</p>"
        ),
    ),
    ("Call", "No answer, no voicemail box."),
    ("Email", '<p>Sent the intro deck and the <a href="https://example.com/fdd">FDD summary</a> to {first}.</p>'),
    ("Email", "<p>{first} replied: &quot;Let's talk next week, I am travelling until Thursday.&quot;</p>"),
    ("Email", "<blockquote>Could you resend the earnings section?</blockquote><p>Resent &mdash; {lead}</p>"),
    ("Text", "Hi {first}, it's {lead}. Are we still on for 3 pm?"),
    ("Text", "{first}: running 10 min late, sorry!"),
    (
        "Meeting",
        (
            "<p><b>Discovery Day</b> went well. {first} brought their business partner.</p><ol><li>Site tour</li>"
            "<li>Lunch with two owners</li><li>Q&amp;A with the founders</li></ol>"
        ),
    ),
    ("Meeting", "<p>FDD review call: went through items 7 and 19. Questions on build-out costs in {city}.</p>"),
    ("Note", "<p>Asked to be contacted again after the holidays.</p><p>Has a lease ending in spring.</p>"),
    ("Note", "<p>Funding: SBA pre-approval expected in <i>two weeks</i>.</p>"),
    ("Note", ""),
)
HOSTILE_NOTES: Final = (
    ("Email", "<p>Thanks for the call!</p><script>window.__hostile = 1</script>"),
    ("Note", '<p>Photo from the show: <img src="x" onerror="window.__hostile = 1" alt="booth"></p>'),
    ("Email", '<a href="javascript:window.__hostile = 1">Open the attachment</a>'),
    ("Text", '=HYPERLINK("https://example.com","my site")'),
)

# Kind, title and description of an appointment; {first} is filled in.
APPOINTMENTS: Final = (
    ("Phone Call", "Initial call with {first}", "Introductions, background, timeline."),
    ("Phone Call", "Follow-up call with {first}", "<p>Go through the open questions on the <b>QR</b>.</p>"),
    ("Video Meeting", "FDD review with {first}", "<p>Items 5, 7 and 19.</p><ul><li>Fees</li><li>Build-out</li></ul>"),
    ("Video Meeting", "Meet the founders: {first}", ""),
    ("In Person", "Territory tour with {first}", "Meet at the office, then drive the two sites."),
    ("Discovery Day", "Discovery Day: {first}", "<p>Agenda and hotel were sent. <i>Vegetarian lunch.</i></p>"),
    ("Phone Call", "Funding check-in with {first}", "Lender joins at half past."),
)
TEAM_APPOINTMENTS: Final = (
    ("Video Meeting", "Pipeline review", "Weekly look at the late stages with the whole team."),
    ("In Person", "Franchise show prep", "Booth, brochures, staffing."),
)
UPCOMING_STATES: Final = ("Scheduled", "Scheduled", "Confirmed", "Tentative", "Rescheduled", "")
PAST_STATES: Final = ("Completed", "Completed", "No Show", "Cancelled")
