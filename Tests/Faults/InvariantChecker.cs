using Microsoft.Extensions.Configuration;
using Npgsql;
using SoonShop.Silo;
using SoonShop.Silo.Integrity;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>
/// Audits a shop's database by the shop's own audit, and is stricter: nothing may be left over. Some promises hold at every moment,
/// because what they compare is committed together; the others once the shop has come to rest.
/// </summary>
internal static class InvariantChecker
{
    /// <summary>Longer than a dead silo's claim on scheduled events.</summary>
    private static readonly TimeSpan RestLimit = TimeSpan.FromMinutes(5);

    /// <summary>
    /// What is no breach in a shop, and one in these tests: they know that nobody has put aside an event, and that no payment was made
    /// past the shop.
    /// </summary>
    private static readonly IntegrityCheck[] Stricter =
    [
        new(
            "order-ends", Promises.NoLostOrder, "every order reaches an end", "select id, status from purchase where status = 'pending'",
            ""),
        new("no-dead-letter", Promises.NoLostEvent, "every event reached its handlers", """
            select handler, format('%s: %s (%s)', event_id, error_message, status) from event_delivery where status = 'dead'
            """, ""),
        new("taken-once", Promises.Money,
            "the provider has taken money for an order once at most, and its total, less what an earlier order pays of it", """
            select id, format('%s taken in %s payments, total %s, credit %s', m.amount, m.payments, p.total, p.credit)
            from (select id, sum(amount) as amount, count(*) as payments from money group by id) m left join purchase p using (id)
            where m.payments <> 1 or m.amount is distinct from p.total - p.credit
            """, "") { Always = true },
    ];

    /// <summary>Where both books are at hand, what reconciliation thinks of them is old news.</summary>
    private static readonly IntegrityCheck[] Checks =
    [
        .. IntegrityCheck.All.Where(c => c.Name != PaymentChecks.Discrepancies), .. Stricter,
    ];

    private static readonly IntegrityChecker Audit = IntegrityChecker.Of(Configuration());

    /// <summary>Waits until the shop has come to rest, without anybody's help, and asserts every promise.</summary>
    /// <param name="shop">Whose books.</param>
    /// <param name="made">The only orders that may exist, when all keys that were sent are known.</param>
    /// <param name="taken">What the payment provider has taken; null for the simulated one.</param>
    public static async Task AssertBalanceAsync(
        Shop shop, IReadOnlyCollection<Guid>? made = null, Func<IReadOnlyList<TakenMoney>>? taken = null)
    {
        List<string> unsettled = [];
        // A whole audit takes the server a second: while something is left over, that alone is looked at again, and in the end everything
        // once more.
        var checks = Checks;
        try
        {
            await Until.TrueAsync("the books balance", RestLimit, async () =>
            {
                var (report, orders) = await AuditAsync(shop, taken, atRest: true, checks);
                AssertKept(report, checks.Where(c => c.Always));
                if (made is not null)
                    Assert.True(orders.IsSubsetOf(made), $"Orders that no key made: {string.Join(", ", orders.Except(made))}");
                unsettled = Broken(report);
                var wasWhole = checks.Length == Checks.Length;
                checks = unsettled.Count == 0
                    ? Checks
                    : [.. Checks.Where(c => report.Checks.Any(r => r.Check == c.Name && r.Breaches > 0))];
                return unsettled.Count == 0 && wasWhole;
            });
        }
        catch (TimeoutException)
        {
            Assert.Fail($"After {RestLimit.TotalSeconds} s:\n{string.Join('\n', unsettled)}");
        }
    }

    /// <summary>Asserts what holds at every moment, also while the shop sells: the integrity check of a live shop finds nothing.</summary>
    public static async Task AssertInvariantsAsync(Shop shop, Func<IReadOnlyList<TakenMoney>>? taken = null)
    {
        // What a provider elsewhere says was asked for earlier than what the shop says.
        var checks = taken is null ? IntegrityCheck.All.Where(c => c.Name != PaymentChecks.Discrepancies) : Checks.Where(c => c.Always);
        var (report, _) = await AuditAsync(shop, taken, atRest: false, [.. checks]);
        AssertKept(report, checks);
    }

    /// <summary>
    /// Waits until each e-mail address that is claimed, also as a former one, is claimed by an account that holds it, and the other way
    /// round.
    /// </summary>
    public static async Task AssertAddressesAsync(Shop shop)
    {
        string[] names = ["account-has-its-address", "address-has-its-account", "former-address-is-held", "former-address-is-released"];
        IntegrityCheck[] checks = [.. IntegrityCheck.All.Where(c => names.Contains(c.Name))];
        Assert.Equal(names.Length, checks.Length);
        await Until.TrueAsync("addresses and accounts agree", RestLimit, async () =>
            Broken((await AuditAsync(shop, null, atRest: true, checks)).Report).Count == 0);
    }

    /// <summary>
    /// Waits until every event was handled, the scheduled and the retried ones too: from then on the shop does nothing by itself.
    /// </summary>
    /// <param name="shop">Whose events.</param>
    /// <param name="horizon">How far into the future scheduled events and looks at open checkouts count; null for all of them.</param>
    /// <param name="checkoutDue">The shop's <c>Checkout:CheckoutDueSeconds</c>, where that is beyond the horizon.</param>
    public static Task QuietAsync(Shop shop, TimeSpan? horizon = null, TimeSpan checkoutDue = default) =>
        Until.TrueAsync("every event is handled", RestLimit, async () => await shop.QueryAsync<long>("""
            select (select count(*) from event where due_at < now() + $1)
                 + (select sum(depth) from stream_lag)::bigint
                 + (select count(*) from event_delivery where status = 'waiting')
                 + (select count(*) from open_checkout where seen_at + $2 < now() + $1)
            """, horizon ?? TimeSpan.FromDays(1000), checkoutDue) == 0);

    /// <summary>An order's status as the database has it; <c>none</c> where there is no order.</summary>
    public static Task<string> StatusAsync(Shop shop, Guid order) => shop.QueryAsync<string>(
        "select coalesce((select index ->> 'status' from grain_state_order where grain_key = $1), 'none')", order.ToString("N"));

    private static async Task<(IntegrityReport Report, HashSet<Guid> Orders)> AuditAsync(
        Shop shop, Func<IReadOnlyList<TakenMoney>>? taken, bool atRest, IReadOnlyList<IntegrityCheck> checks)
    {
        // Before the shop's: what the provider has taken by then, the shop's books may show or not; what they show, it has taken.
        var money = taken?.Invoke();
        // Not pooled: what is temporary goes with the connection.
        await using var connection = new NpgsqlConnection(
            new NpgsqlConnectionStringBuilder(shop.ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        await using var snapshot = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead);
        var report = await Audit.RunAsync(connection, money, atRest, checks, CancellationToken.None);
        return (report, [.. (await ReadAsync(connection, "select id from purchase")).Select(Guid.Parse)]);
    }

    private static void AssertKept(IntegrityReport report, IEnumerable<IntegrityCheck> checks)
    {
        var broken = Broken(report with { Checks = [.. report.Checks.Where(r => checks.Any(c => c.Name == r.Check))] });
        Assert.True(broken.Count == 0, string.Join('\n', broken));
    }

    private static List<string> Broken(IntegrityReport report) =>
    [
        .. report.Checks.Where(c => c.Breaches > 0).Select(c =>
            $"Broken: {c.Says}: {string.Join("; ", c.Rows.Take(5).Select(r => $"{r.Row}: {r.Finding}"))}"
                + $"{(c.Breaches > 5 ? $" and {c.Breaches - 5} more" : "")}"),
    ];

    /// <summary>The configuration of a silo for which nothing was set but what must be.</summary>
    internal static SiloConfiguration Configuration()
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:soonshop"] = "Host=127.0.0.1;Database=soonshop",
            ["Checkout:TaxBasisPointsRestOfWorld"] = "0",
        }).Build();
        return SiloWiring.Read(settings);
    }

    private static async Task<List<string>> ReadAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<string>();
        while (await reader.ReadAsync())
            rows.Add(reader.IsDBNull(0) ? "?" : reader.GetString(0));
        return rows;
    }
}
