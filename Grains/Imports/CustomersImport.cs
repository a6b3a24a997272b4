using SoonShop.Pricing;
using SoonShop.Users;

namespace SoonShop.Imports;

/// <summary>
/// Customers, each found by e-mail address. A new one gets an account without a password, and no mail: its owner sets a password by mail.
/// Of an account that exists only groups and tax exemption change, because the rest is the customer's own.
/// </summary>
public sealed class CustomersImport(IGrainFactory grains, IImportStates states, KnownRules rules, TimeProvider time) : ICsvImport
{
    /// <summary>How often an account is compared anew because it changed meanwhile.</summary>
    private const int MaxComparisons = 20;

    public string Kind => ImportKinds.Customers;

    public CsvHeaderCheck CheckHeader(CsvHeader header)
    {
        var check = CsvHeaderCheck.Of(header, [], CustomerColumns.All);
        return CustomerColumns.Has(header, CustomerColumns.Email) ? check : check with
        {
            Problems =
            [
                .. check.Problems,
                new CsvHeaderProblem(CustomerColumns.Email, ErrorText.Of("import.email-column", "The column E-mail or Email is missing.")),
            ],
        };
    }

    public string GroupOf(CsvRow row) =>
        row.Find(CustomerColumns.NameIn(row.Header, CustomerColumns.Email)) is { } email && EmailAddress.IsValid(email)
            ? EmailAddress.Normalize(email)
            : "";

    public async Task<IReadOnlyList<RowResult>> ApplyAsync(
        CsvHeader header, IReadOnlyList<CsvRow> rows, ImportContext context, CancellationToken cancellation)
    {
        var results = new List<RowResult>(rows.Count);
        var customers = new Dictionary<string, CustomerRow>();
        foreach (var row in rows)
        {
            if (CustomerRow.Read(row, out var wrong) is not { } customer)
                results.Add(wrong!);
            else if (!customers.TryAdd(customer.NormalizedEmail, customer))
                results.Add(RowResult.Wrong(
                    row.Line, CustomerColumns.NameIn(header, CustomerColumns.Email),
                    ErrorText.Of("import.email-twice", $"Line {customers[customer.NormalizedEmail].Line} has the same e-mail address.")));
        }
        var known = await states.FindCustomersAsync(customers.Keys, cancellation);
        results.AddRange(await RowGroups.ApplyAsync(
            customers, context,
            async customer => [known.TryGetValue(customer.Key, out var account) && account.Id != NewId(customer.Value, context)
                ? await CompareAsync(header, customer.Value, account, context)
                : await CreateAsync(header, customer.Value, context)],
            cancellation));
        return results;
    }

    private async Task<RowResult> CreateAsync(CsvHeader header, CustomerRow row, ImportContext context)
    {
        var id = NewId(row, context);
        if (context.DryRun)
        {
            return await CheckAsync(id, row.User, []) is { } refused
                ? Wrong(header, row, refused)
                : RowResult.Created(row.Line);
        }
        var grain = grains.GetGrain<IUserGrain>(id);
        var created = await grain.ImportAsync(row.User);
        await SkuRows.ReleaseAsync(grain);
        await SkuRows.ReleaseAsync(grains.GetGrain<IEmailGrain>(UserKeys.Email(row.NormalizedEmail)));
        return created.IsError ? Wrong(header, row, created.Error) : RowResult.Created(row.Line);
    }

    /// <summary>Returns what the account would refuse; null for nothing.</summary>
    private async Task<Error?> CheckAsync(Guid id, ImportUser user, ImmutableArray<string> groupsBefore) =>
        UserState.Import(id, user, time.GetUtcNow()).Error ?? await rules.CheckGroupsAsync(user.Groups, groupsBefore);

    /// <summary>
    /// One job makes one account of an address, however often it comes to its row. Another job makes another one when that was erased.
    /// </summary>
    private static Guid NewId(CustomerRow row, ImportContext context) =>
        Deterministic.Id("import", context.JobId.ToString("N"), row.NormalizedEmail);

    private async Task<RowResult> CompareAsync(CsvHeader header, CustomerRow row, KnownCustomer account, ImportContext context)
    {
        var grain = grains.GetGrain<IUserGrain>(account.Id);
        var before = account.Pricing;
        for (var comparison = 1; comparison <= MaxComparisons; comparison++)
        {
            var after = Wanted(header, row, before);
            var differences = Differences(before, after).ToList();
            if (differences.Count == 0)
                return RowResult.Unchanged(row.Line);
            Error? refused;
            if (context.DryRun)
            {
                var check = new ImportUser(row.User.Email, null, null, null, after.Groups, after.TaxExemptionReason);
                refused = await CheckAsync(account.Id, check, before.Groups);
            }
            else
            {
                var set = await grain.SetPricingProfileAsync(after, before.Version);
                refused = set.IsError ? set.Error : null;
            }
            if (refused is null)
                return RowResult.Changed(row.Line, string.Join(", ", differences));
            if (refused.Code != ErrorCode.PreconditionFailed)
                return Wrong(header, row, refused);
            // Somebody changed the account meanwhile.
            var current = await grain.GetPricingProfileAsync();
            if (current.IsError)
                return Wrong(header, row, current.Error);
            before = current.Value;
        }
        throw new UnavailableException(
            ErrorText.Of("import.customer-moves", $"The customer of line {row.Line} changes too fast to be imported."));
    }

    /// <summary>Returns what the file wants. What it has no column for stays.</summary>
    private static PricingProfile Wanted(CsvHeader header, CustomerRow row, PricingProfile before) => before with
    {
        Groups = header.Has(CustomerColumns.Groups) ? [.. row.User.Groups.Distinct().Order(StringComparer.Ordinal)] : before.Groups,
        TaxExemptionReason = header.Has(CustomerColumns.TaxExemption) || header.Has(CustomerColumns.TaxExempt)
            ? ReasonOf(header, row, before) : before.TaxExemptionReason,
    };

    /// <summary>A file that only says yes keeps the reason that the shop has.</summary>
    private static string? ReasonOf(CsvHeader header, CustomerRow row, PricingProfile before) =>
        row.User.TaxExemptionReason is not null && !header.Has(CustomerColumns.TaxExemption) && before.TaxExemptionReason is { } reason
            ? reason
            : row.User.TaxExemptionReason;

    private static IEnumerable<string> Differences(PricingProfile before, PricingProfile after)
    {
        if (!before.Groups.SequenceEqual(after.Groups))
            yield return $"groups {ListOf(before.Groups)} -> {ListOf(after.Groups)}";
        // The reason may be personal, and results are kept.
        if (before.TaxExemptionReason != after.TaxExemptionReason)
        {
            yield return before.TaxExemptionReason is null ? "tax exempt"
                : after.TaxExemptionReason is null ? "no longer tax exempt" : "reason of the tax exemption";
        }

        static string ListOf(ImmutableArray<string> groups) => groups.IsEmpty ? "none" : string.Join(' ', groups);
    }

    private static RowResult Wrong(CsvHeader header, CustomerRow row, Error error)
    {
        var column = error.FieldErrors is [{ } field, ..] ? CustomerRow.ColumnOf(header, field.Field)
            : error.Code == ErrorCode.EmailTaken ? CustomerColumns.NameIn(header, CustomerColumns.Email) : null;
        var text = column is not null && error.FieldErrors is [{ Texts: [var first, ..] }, ..] ? first : SkuRows.TextOf(error);
        return RowResult.Wrong(row.Line, column, text);
    }
}
