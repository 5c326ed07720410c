"""The firm and its people. Each one signs in with the first name, which is the password too."""

COMPANY = "Harrow Creek Pumps"

# login: (name, job, groups)
PEOPLE = {
    "maya": ("Maya Okafor", "Sales Manager", ["sales_team.group_sale_manager", "ai_deployment.group_owner"]),
    "ben": (
        "Ben Whitaker",
        "Senior Sales Engineer",
        ["sales_team.group_sale_salesman_all_leads", "ai_deployment.group_owner"],
    ),
    "sofia": ("Sofia Marchetti", "Sales Engineer", ["sales_team.group_sale_salesman", "ai_deployment.group_reviewer"]),
    "tomasz": ("Tomasz Nowak", "Export Sales", ["sales_team.group_sale_salesman", "ai_deployment.group_reviewer"]),
    "priya": ("Priya Raman", "Export Sales", ["sales_team.group_sale_salesman", "ai_deployment.group_reviewer"]),
    "helen": ("Helen Brandt", "Chief Accountant", ["account.group_account_manager", "ai_deployment.group_owner"]),
    "luis": ("Luis Ortega", "Accountant", ["account.group_account_invoice", "ai_deployment.group_owner"]),
    "anna": ("Anna Kovács", "Accountant", ["account.group_account_invoice", "ai_deployment.group_reviewer"]),
    "jonas": (
        "Jonas Weber",
        "Application Engineer",
        ["sales_team.group_sale_salesman_all_leads", "ai_deployment.group_reviewer"],
    ),
    "david": (
        "David Achterberg",
        "Chief Financial Officer",
        ["account.group_account_readonly", "ai_deployment.group_auditor"],
    ),
}
READS_IN = {"jonas": "de_DE"}
OFFERED = ("fr_FR",)  # for whoever looks at the demonstration in it
BRANCH = "Harrow Creek Service"
TEAMS = {"Inland": ("maya", ["ben", "sofia"]), "Export": ("maya", ["tomasz", "priya"])}
JOINED = {"jonas": "Export"}  # who joined a team beside those who were always there, and takes a share of its leads
SELLERS = [*(login for _leader, members in TEAMS.values() for login in members), *JOINED]


def hire(env):
    env.company.write(
        {"name": COMPANY, "email": "office@harrowcreek.example", "website": "https://harrowcreek.example"}
    )
    branch = env["res.company"].create({"name": BRANCH, "parent_id": env.company.id})
    companies = [(4, env.company.id), (4, branch.id)]
    for code in (*READS_IN.values(), *OFFERED):  # its numbers and dates; its words where Odoo was delivered with them
        language = env["res.lang"]._activate_lang(code)
        env["base.language.install"].create({"lang_ids": [(6, 0, language.ids)]}).lang_install()
    users = env["res.users"].with_context(no_reset_password=True, mail_create_nolog=True, tracking_disable=True)
    for login, (name, job, groups) in PEOPLE.items():
        person = users.create(
            {
                "name": name,
                "login": login,
                "password": login,
                "email": f"{login}@harrowcreek.example",
                "notification_type": "inbox",  # nothing leaves a demo
                "lang": READS_IN.get(login, "en_US"),
                "company_ids": companies,
                "group_ids": [(4, env.ref("base.group_user").id), *((4, env.ref(group).id) for group in groups)],
            }
        )
        person.partner_id.function = job
    env.ref("base.user_admin").write({"notification_type": "inbox", "company_ids": companies})
    _make_teams(env)


def branch_of(env):
    """The branch, whose bills stand in the firm's own journal."""
    return env["res.company"].search([("name", "=", BRANCH)])


def user(env, login):
    return env["res.users"].search([("login", "=", login)])


def _make_teams(env):
    first, *_others = env["crm.team"].search([], order="id")
    for name, (leader, members) in TEAMS.items():
        team = first if name == "Inland" else env["crm.team"].create({"name": name})
        team.write({"name": name, "user_id": user(env, leader).id, "use_opportunities": True})
        members = [*members, *(login for login, joined in JOINED.items() if joined == name)]
        env["crm.team.member"].create([{"crm_team_id": team.id, "user_id": user(env, login).id} for login in members])
