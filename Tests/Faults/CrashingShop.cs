using SoonShop.Pricing;
using SoonShop.Tests.Api;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Faults;

/// <summary>A shop of which a silo dies at a chosen point and is replaced by another; database and front end stay.</summary>
public class CrashingShop : IAsyncLifetime
{
    private static readonly TimeSpan CrashLimit = TimeSpan.FromMinutes(2);
    private readonly List<(Task<Reply?> Request, int Success)> cutOff = [];

    /// <summary>A promotion whose uses and budget are limited, and its code.</summary>
    private const string PromotionId = "crash", Code = "CRASH10";

    /// <summary>
    /// Minutes for which an order waits for its payment: longer than a silo takes to start, and short enough to see one expire.
    /// </summary>
    protected virtual string PaymentWindowMinutes => "0.4";

    /// <summary>When money is taken.</summary>
    protected virtual string Capture => "Automatic";

    /// <summary>Scheduled events that are due later are no matter of a test's.</summary>
    protected virtual TimeSpan? Horizon => null;

    internal Shop Shop { get; private set; } = null!;

    internal ICrashingSilos Silos { get; private set; } = null!;

    internal ApiClient Api { get; private set; } = null!;

    internal ApiClient Admin { get; private set; } = null!;

    public virtual async ValueTask InitializeAsync()
    {
        // What a crash cut off must go on by itself, and not because the front end asks again.
        Shop = await Shop.CreateAsync(null,
            ("Cluster__MaxRepeatedCalls", "0"), ("Checkout__CheckoutDueSeconds", "1"),
            ("Checkout__PaymentWindowMinutes", PaymentWindowMinutes), ("Payments__Capture", Capture));
        Silos = await StartAsync(Shop);
        Api = await Shop.StartApiAsync();
        Admin = await Api.AsAdminAsync();
        Expect.Status(201, await Admin.PostAsync("/admin/promotions", new
        {
            id = PromotionId,
            name = "A tenth off",
            trigger = "code",
            code = Code,
            action = new { kind = "orderDiscount", percentPpm = 100_000 },
            maxUses = 10_000,
            budget = new[] { new { amount = 10_000_000, currency = "USD" } },
        }));
    }

    /// <summary>A new guest with one unit of each SKU and the code.</summary>
    internal async Task<Buyer> ArriveWithCodeAsync(params IEnumerable<string> skus)
    {
        var buyer = await Buyer.ArriveAsync(Api, skus);
        // A silo that does not have the promotion yet answers 404.
        await Until.TrueAsync("the code is known", TimeSpan.FromMinutes(1), async () =>
            (int)(await Buyer.AskAsync(() => buyer.Guest.PutAsync($"/cart/codes/{Code}", null))).Status == 200);
        return buyer;
    }

    /// <summary>Asserts how an order has used the promotion.</summary>
    /// <param name="order">The order.</param>
    /// <param name="movements">The kinds of its movements in the ledger, such as <c>Reservation,Commit</c>.</param>
    internal async Task AssertUseAsync(Guid order, string movements) => Assert.Equal(movements, await Shop.QueryAsync<string>(
        "select coalesce(string_agg(kind, ',' order by sequence), 'none') from promotion_use where promotion_id = $1 and order_id = $2",
        Promotion.GrainKey(PromotionId), order));

    /// <summary>Starts the silos: here two, in the tests' process.</summary>
    internal virtual async Task<ICrashingSilos> StartAsync(Shop shop) => new SilosInProcess(await ShopCluster.StartAsync(shop));

    /// <summary>Products with stock.</summary>
    internal async Task<string[]> StockAsync(int products = 2)
    {
        var skus = new string[products];
        for (var i = 0; i < products; i++)
            skus[i] = await Admin.CreateProductAsync(stock: 5, price: 1000 + i);
        return skus;
    }

    /// <summary>Arms a point, when nothing of earlier tests can pass it any more.</summary>
    internal async Task ArmAsync(string point)
    {
        await InvariantChecker.QuietAsync(Shop, Horizon);
        await Silos.ArmAsync(point);
    }

    /// <summary>
    /// Sends the request in which a silo is to die, waits for that, and replaces the silo. The request's answer is looked at in the end:
    /// the front end waits for the dead until its time limit.
    /// </summary>
    internal async Task CrashAsync(Task<Reply?> request, int success)
    {
        cutOff.Add((request, success));
        await Silos.DeathAsync(CrashLimit);
        await Silos.ArmAsync(null);
        await Silos.ReplaceAsync();
    }

    /// <summary>Ends the silo as a power cut would, while a request is under way, and starts it again.</summary>
    internal async Task CutPowerAsync(Task<Reply?> request, SiloProcess silo)
    {
        cutOff.Add((request, 0));
        await silo.KillAsync();
        await silo.ReplaceAsync();
    }

    /// <summary>Waits until an order has a status, without asking the shop.</summary>
    internal Task StatusAsync(Guid order, string status) => Until.TrueAsync(
        $"order {order} is {status}", TimeSpan.FromMinutes(3), async () => await InvariantChecker.StatusAsync(Shop, order) == status);

    public virtual async ValueTask DisposeAsync()
    {
        foreach (var (request, success) in cutOff)
            Assert.NotEqual(success, (int?)(await request)?.Status);
        await Silos.DisposeAsync();
        await Shop.DisposeAsync();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A crashing shop that waits for payments longer than a silo takes to start.</summary>
public class PatientCrashingShop : CrashingShop
{
    protected override string PaymentWindowMinutes => "10";

    /// <summary>What is scheduled for the deadline finds nothing to do for an order that is paid by then.</summary>
    protected override TimeSpan? Horizon => TimeSpan.FromMinutes(5);
}
