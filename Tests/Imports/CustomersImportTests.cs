using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SoonShop.Exports;
using SoonShop.Imports;
using SoonShop.Pricing;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;
using SoonShop.Users;

namespace SoonShop.Tests.Imports;

/// <summary>Customer files: Shopify's sets of columns, and the shop's own export.</summary>
public sealed class CustomersImportTests(InProcessSilo silo) : IClassFixture<InProcessSilo>
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task shopifys_file_makes_accounts_without_a_password_and_a_mail()
    {
        var (ada, bob) = (Make.Email(), Make.Email());
        var file = "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,"
            + "Default Address Company,Default Address Address1,Default Address Address2,Default Address City,"
            + "Default Address Province Code,Default Address Country Code,Default Address Zip,Default Address Phone,Phone,"
            + "Total Spent,Total Orders,Note,Tax Exempt,Tags\n"
            + $"""
        '6940095564,Ada,Lovelace,{ada},no,Engines Ltd,12 St James Sq,Flat 3,London,,GB,SW1Y 4JH,+44 20 7946 0000,,10.00,1,,yes,"vip, early"
        '6940095565,,,{bob},no,,,,,,,,,,0.00,0,,no,
        """;
        Assert.Equal(["2 Created", "3 Created"], await RunAsync(file, dryRun: true));
        Assert.Empty(await OwnersAsync(ada, bob));
        Assert.Equal(["2 Created", "3 Created"], await RunAsync(file));
        var user = await UserAsync(ada);
        Assert.Equal(("Ada Lovelace", ada, false, "en"), (user.DisplayName, user.Email, user.EmailVerified, user.Locale));
        Assert.Equal(["customer"], user.Roles);
        var address = Assert.Single(await silo.Grains.GetGrain<IUserGrain>(user.Id).GetAddressesAsync()).Address;
        Assert.Equal(
            new Address("Ada Lovelace", "12 St James Sq", "Engines Ltd, Flat 3", "London", null, "SW1Y 4JH", "GB", "+44 20 7946 0000"),
            address);
        Assert.Equal("tax exempt", (await ProfileAsync(ada)).TaxExemptionReason);
        Assert.Equal(bob[..bob.IndexOf('@')], (await UserAsync(bob)).DisplayName);
        // No password opens it, and nobody hears of it.
        Assert.Equal(ErrorCode.Unauthenticated, (await silo.Grains.GetGrain<IEmailGrain>(UserKeys.Email(ada)).LoginAsync("")).Error!.Code);
        Assert.Equal(
            0L, await QueryAsync<long>(
                "select count(*) from event where subject = $1 and type <> 'audit.recorded'", user.Id.ToString("N")));
        Assert.Equal(["2 Unchanged", "3 Unchanged"], await RunAsync(file));
        Assert.Equal(["2 Unchanged", "3 Unchanged"], await RunAsync(file, dryRun: true));
    }

    [Fact]
    public async Task the_owner_sets_a_password_by_mail()
    {
        var email = Make.Email();
        await RunAsync($"E-mail\n{email}\n");
        await silo.Grains.GetGrain<IEmailGrain>(UserKeys.Email(email)).ForgotPasswordAsync();
        var token = "";
        await Until.TrueAsync("a token is mailed", TimeSpan.FromSeconds(30), async () => (token = await QueryAsync<string>(
            "select coalesce(max(data ->> 'token'), '') from event where type = 'user.password-reset-requested' and data ->> 'email' = $1",
            email)).Length > 0);
        var mailed = MailedToken.Parse(token)!;
        Assert.False(
            (await silo.Grains.GetGrain<IUserGrain>(mailed.UserId).ResetPasswordAsync(mailed.Secret, "a battery and a staple")).IsError);
        Assert.False((await silo.Grains.GetGrain<IEmailGrain>(UserKeys.Email(email)).LoginAsync("a battery and a staple")).IsError);
    }

    [Fact]
    public async Task groups_and_exemption_of_an_account_change_and_the_rest_stays()
    {
        var email = Make.Email();
        await silo.CreateGroupsAsync("trade", "wholesale");
        await RunAsync($"E-mail,Name,Groups,Tax exemption\n{email},Ada,trade,GB 123\n");
        Assert.Equal(new PricingProfile(["trade"], "GB 123").TaxExemptionReason, (await ProfileAsync(email)).TaxExemptionReason);
        var file = $"E-mail,Name,Groups,Default Address Address1\n{email},Grace,wholesale  trade,1 Street\n";
        Assert.Equal(["2 Changed groups trade -> trade wholesale"], await RunAsync(file, dryRun: true));
        Assert.Equal(["2 Changed groups trade -> trade wholesale"], await RunAsync(file));
        Assert.Equal(["2 Unchanged"], await RunAsync(file));
        var (user, profile) = (await UserAsync(email), await ProfileAsync(email));
        Assert.Equal("Ada", user.DisplayName);
        Assert.Empty(await silo.Grains.GetGrain<IUserGrain>(user.Id).GetAddressesAsync());
        Assert.Equal(["trade", "wholesale"], profile.Groups);
        // A file that only says yes keeps the reason; one that says no ends the exemption.
        Assert.Equal(["2 Unchanged"], await RunAsync($"Email,Tax Exempt\n{email},yes\n"));
        Assert.Equal(["2 Changed no longer tax exempt"], await RunAsync($"Email,Tax Exempt\n{email},no\n"));
        Assert.Null((await ProfileAsync(email)).TaxExemptionReason);
    }

    [Fact]
    public async Task what_is_wrong_is_named_by_its_column_in_the_dry_run_and_in_the_application()
    {
        var email = Make.Email();
        var file = $"""
            Email,Name,Groups,Locale,Tax Exempt,Address1,City,Province Code,Country Code,Zip
            nobody,A,,,,,,,,
            {email},http://example.com,,,,,,,,
            {Make.Email()},A,Not A Slug!,,,,,,,
            {Make.Email()},A,,english!,,,,,,
            {Make.Email()},A,,,perhaps,,,,,
            {Make.Email()},A,,,,1 Street,London,,UK,SW1Y 4JH
            {Make.Email()},A,,,,1 Street,New York,ZZ,US,10001
            {Make.Email()},A,,,,1 Street,New York,NY,US,x
            {new string('a', 300)}@example.com,A,,,,,,,,
            {Make.Email()},A,,,,{new string('b', 201)},New York,NY,US,10001
            {email.ToUpperInvariant()},Ada,,,,,,,,
            {email},Ada,,,,,,,,
            {Make.Email()},A,no-group-of-this-shop,,,,,,,
            """;
        var dry = await RunAsync(file, dryRun: true);
        Assert.Equal(
            ["2 Wrong Email", "3 Wrong Name", "4 Wrong Groups", "5 Wrong Locale", "6 Wrong Tax Exempt", "7 Wrong Country Code",
                "8 Wrong Province Code",
             "9 Wrong Zip", "10 Wrong Email", "11 Wrong Address1", "12 Wrong Email", "13 Wrong Email",
             "14 Wrong Groups"],
            dry.Select(r => r.Split(':')[0]));
        Assert.Equal("12 Wrong Email: Line 3 has the same e-mail address.", dry[10]);
        Assert.Equal("14 Wrong Groups: is no customer group of this shop", dry[12]);
        Assert.Equal(dry, await RunAsync(file));
        Assert.Empty(await OwnersAsync(email));
        var header = await Csv.HeaderAsync("Name,Groups\nA,\n");
        Assert.Equal("import.email-column", Assert.Single(Import.CheckHeader(header).Problems).Text.Key);
        Assert.Equal(
            "email", Assert.Single(Import.CheckHeader(await Csv.HeaderAsync("Email,email,Tags\n")).Problems).Column, ignoreCase: true);
    }

    [Fact]
    public async Task an_address_that_an_account_holds_in_secret_is_taken()
    {
        var (email, owner) = (Make.Email(), Guid.NewGuid());
        // As while somebody registers.
        Assert.True(await silo.Grains.GetGrain<IEmailGrain>(UserKeys.Email(email)).ReserveAsync(owner));
        Assert.StartsWith(
            "2 Wrong E-mail: Another account has this e-mail address", Assert.Single(await RunAsync($"E-mail\n{email}\n")),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task an_export_that_is_imported_again_changes_nothing()
    {
        var email = Make.Email();
        await silo.CreateGroupsAsync("trade", "vip");
        await RunAsync($"E-mail,Name,Groups,Tax exemption,Locale,Default Address Name,Default Address Address1,Default Address "
            + $"City,Default Address Country Code,Default Address Zip\n{email},=Ada,trade vip,'-GB 1,zh,Grace Hopper,'=1 "
            + "Street,London,GB,SW1Y 4JH\n");
        var exported = await ExportAsync();
        var row = Assert.Single(await Csv.RowsAsync(exported), r => r["E-mail"] == email);
        Assert.Equal(
            ("=Ada", "trade vip", "-GB 1", "zh", "Grace Hopper", "=1 Street", "GB"), (
                row["Name"], row["Groups"], row["Tax exemption"], row["Locale"], row["Default Address Name"],
                row["Default Address Address1"], row["Default Address Country Code"]));
        Assert.All(await RunAsync(exported), r => Assert.EndsWith(" Unchanged", r, StringComparison.Ordinal));
        // The same accounts in another shop have the same export.
        var other = Make.Email();
        Assert.Equal(
            ["2 Created"], await RunAsync(
                string.Join('\n', exported.Split('\n').Where(l => l.StartsWith("ID,", StringComparison.Ordinal) || l.Contains(email)))
                    .Replace(email, other, StringComparison.Ordinal)));
        string Rest(CsvRow r) => string.Join('|', r.Header.Columns.Where(c => c is not ("ID" or "E-mail" or "Created")).Select(c => r[c]));
        var rows = await Csv.RowsAsync(await ExportAsync());
        Assert.Equal(Rest(rows.Single(r => r["E-mail"] == email)), Rest(rows.Single(r => r["E-mail"] == other)));
    }

    [Fact]
    public async Task the_same_job_makes_an_account_once()
    {
        var email = Make.Email();
        var job = Guid.NewGuid();
        Assert.Equal(["2 Created"], await RunAsync($"E-mail\n{email}\n", job: job));
        var id = (await UserAsync(email)).Id;
        Assert.False((await silo.Grains.GetGrain<IUserGrain>(id).ImportAsync(new ImportUser(email, null, null, null, [], null))).IsError);
        Assert.Equal(id, (await UserAsync(email)).Id);
        Assert.Equal(["2 Created"], await RunAsync($"E-mail\n{email}\n", job: job));
        Assert.Equal(["2 Unchanged"], await RunAsync($"E-mail\n{email}\n"));
        Assert.Equal(id, (await UserAsync(email)).Id);
        Assert.Equal(
            ErrorCode.EmailTaken,
            (await silo.Grains.GetGrain<IUserGrain>(id).ImportAsync(new ImportUser(Make.Email(), null, null, null, [], null))).Error!.Code);
    }

    private ICsvImport Import => silo.Services.GetServices<ICsvImport>().Single(i => i.Kind == "customers");

    private async Task<string[]> RunAsync(string file, bool dryRun = false, Guid? job = null)
    {
        var context = new ImportContext(job ?? Guid.NewGuid(), dryRun, "test", "USD");
        var results = await Import.ApplyAsync(await Csv.HeaderAsync(file), await Csv.RowsAsync(file), context, Cancellation);
        return
        [
            .. results.OrderBy(r => r.Line).Select(r => r.Outcome == RowOutcome.Wrong
                ? $"{r.Line} Wrong {r.Column}: {r.Text}" : $"{r.Line} {r.Outcome} {r.Text}".TrimEnd()),
        ];
    }

    private async Task<string> ExportAsync()
    {
        var (text, export, after) = (new StringBuilder(), silo.Grains.GetGrain<IExportGrain>(0), (string?)null);
        do
        {
            var part = (await export.ReadAsync(new ExportQuery("customers"), after, Cancellation)).Value!;
            text.Append(Encoding.UTF8.GetString(part.Content));
            after = part.Next;
        }
        while (after is not null);
        return text.ToString();
    }

    private async Task<User> UserAsync(string email) =>
        (await silo.Grains.GetGrain<IUserGrain>((await OwnersAsync(email)).Single()).GetAsync()).Value!;

    private async Task<PricingProfile> ProfileAsync(string email) =>
        (await silo.Grains.GetGrain<IUserGrain>((await OwnersAsync(email)).Single()).GetPricingProfileAsync()).Value!;

    private async Task<List<Guid>> OwnersAsync(params string[] emails)
    {
        var owners = new List<Guid>();
        foreach (var email in emails)
        {
            if (await silo.Grains.GetGrain<IEmailGrain>(UserKeys.Email(EmailAddress.Normalize(email))).GetOwnerAsync() is { } owner)
                owners.Add(owner);
        }
        return owners;
    }

    private async Task<T> QueryAsync<T>(string sql, string value)
    {
        await using var command = silo.Database.CreateCommand(sql);
        command.Parameters.Add(new() { Value = value });
        return (T)(await command.ExecuteScalarAsync(Cancellation))!;
    }
}
