using System.Diagnostics;
using SoonShop.Pricing;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks;

/// <summary>
/// What a quote costs: a cart of 20 lines under 1,000 active promotions, 500 tax rates and 50 shipping methods. And how long a change of
/// the rules takes until the quotes of all silos have it. <c>./test.sh bench PricingBenchmark</c>
/// </summary>
public sealed class PricingBenchmark(ITestOutputHelper output)
{
    private const int Calls = 20_000;
    private const int Rounds = 5;
    private const int Changes = 30;
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 30, 0, TimeSpan.Zero);

    [Fact(Explicit = true)]
    public void a_quote_of_twenty_lines()
    {
        foreach (var (name, alone) in new[] { ("all promotions stand together", 0), ("a fifth stands alone", 5) })
        {
            var watch = Stopwatch.StartNew();
            var rules = CompiledPricingRules.Compile(Rules(alone));
            output.WriteLine($"{name}: compiled in {watch.Elapsed.TotalMilliseconds:F1} ms");
            var quote = PricingEngine.Price(Request(), rules);
            output.WriteLine($"  {quote.Promotions.Length} promotions apply, {quote.Taxes.Length} rates, total {quote.Total}");
            Measure("  a code entered", Request() with { Codes = [new EnteredCode("code-7")] }, rules);
            Measure("  no code", Request(), rules);
        }
        Measure("no promotion at all", Request(), CompiledPricingRules.Compile(Rules(0) with { Promotions = [] }));
    }

    /// <summary>From the response to the change until a quote of a cart on the silo has it. The carts are quoted all the time.</summary>
    [Fact(Explicit = true)]
    public async Task a_change_of_rules_until_all_silos_have_it()
    {
        await using var shop = await TwoSiloShop.StartAsync();
        var (beside, other) = (new List<double>(), new List<double>());
        for (var change = 1; change <= Changes; change++)
        {
            var (discount, watch) = (100 + change, new Stopwatch());
            var seen = new[] { shop.BesideTheRules, shop.OnTheOtherSilo }.Select(cart => SeenAsync(cart, discount, watch)).ToArray();
            // At any age of what the silos know.
            await Task.Delay(Random.Shared.Next(1000), TestContext.Current.CancellationToken);
            await shop.ChangeAsync(discount);
            watch.Start();
            beside.Add(await seen[0]);
            other.Add(await seen[1]);
        }
        Print("the silo of the rules", beside);
        Print("the other silo", other);

        void Print(string silo, List<double> times) => output.WriteLine(
            $"{silo} has a change after {times.Order().ElementAt(Changes / 2):F0} ms in the median, {times.Max():F0} ms at most");
    }

    private static async Task<double> SeenAsync(ApiClient cart, int discount, Stopwatch watch)
    {
        while (await TwoSiloShop.DiscountAsync(cart) != discount)
            await Task.Delay(TimeSpan.FromMilliseconds(2));
        return watch.Elapsed.TotalMilliseconds;
    }

    private void Measure(string name, PricingRequest request, CompiledPricingRules rules)
    {
        for (var round = 0; round < Rounds; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            var (watch, processor) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime);
            for (var i = 0; i < Calls; i++)
                PricingEngine.Price(request, rules);
            var (elapsed, bytes) = (watch.Elapsed, GC.GetAllocatedBytesForCurrentThread() - before);
            // Beside other work, the processor time says more than the time.
            var used = Environment.CpuUsage.TotalTime - processor;
            if (round > 0)
            {
                output.WriteLine(
                    $"{name}: {elapsed.TotalMicroseconds / Calls:F1} µs, {used.TotalMicroseconds / Calls:F1} µs of processor time, "
                    + $"{bytes / Calls} bytes a quote");
            }
        }
    }

    private static PricingRequest Request() => new()
    {
        Lines = [.. Enumerable.Range(0, 20).Select(i => new PricingLine(Product(i), 1 + i % 4))],
        Currency = "USD",
        At = Now,
        Destination = new Destination("US", "S7", "10001"),
        ShippingMethodId = "m7",
        Buyer = new Buyer { Groups = ["vip"] },
    };

    private static PricedProduct Product(int number) => new()
    {
        Sku = $"SKU-{number * 37 % 1000:000}",
        Category = $"c{number % 10}/d{number % 30}",
        Attributes = new Dictionary<string, string> { ["colour"] = $"colour-{number % 8}", ["size"] = "L" },
        Prices =
        [
            new ProductPrice("USD", 999 + number * 137), new ProductPrice("EUR", 999),
            new ProductPrice("USD", 899 + number * 137) { ListId = "vip", MinQuantity = 2 },
        ],
        WeightGrams = 250,
        TaxCategory = number % 5 == 0 ? TaxCategory.Reduced : TaxCategory.Standard,
    };

    /// <summary>Of the promotions most are for one product, some for a category or an attribute, for the order or for shipping.</summary>
    private static PricingRules Rules(int aloneOf) => new()
    {
        Version = 1,
        Promotions = [.. Enumerable.Range(0, 1000).Select(i => Promotion(i, aloneOf > 0 && i % aloneOf == 0))],
        PriceLists = [new PriceList { Id = "vip", Name = "VIP", CustomerGroups = ["vip"] }],
        TaxZones = [.. Enumerable.Range(0, 125).Select(i => new Zone($"z{i}", $"Zone {i}", [new("US", $"S{i}")]))],
        TaxRates =
        [
            .. Enumerable.Range(0, 500).Select(i => new TaxRate
            {
                Id = $"r{i}",
                Name = "Tax",
                ZoneId = $"z{i / 4}",
                Ppm = 40_000 + i * 10,
                Category = i % 4 == 3 ? TaxCategory.Reduced : TaxCategory.Standard,
            }),
        ],
        ShippingZones = [new Zone("us", "United States", [new("US")])],
        ShippingMethods =
        [
            .. Enumerable.Range(0, 50).Select(i => new ShippingMethod
            {
                Id = $"m{i}",
                Name = $"Method {i}",
                Prices =
                [
                    new ShippingPrice
                    {
                        ZoneId = "us",
                        Currency = "USD",
                        Kind = ShippingPriceKind.ByWeight,
                        Tiers = [new(0, 499), new(5000, 999), new(20_000, 1999)],
                    },
                ],
            }),
        ],
    };

    private static Promotion Promotion(int i, bool isAlone) => new()
    {
        Id = $"p{i}",
        Name = $"Promotion {i}",
        Combines = isAlone ? PromotionStages.None : PromotionStages.All,
        Priority = i % 7,
        Trigger = i % 10 == 7 ? PromotionTrigger.Code : PromotionTrigger.Automatic,
        Code = i % 10 == 7 ? $"CODE-{i}" : null,
        Action = (i % 20) switch
        {
            0 => PromotionAction.OrderPercent(10_000),
            1 => PromotionAction.FreeShipping(),
            2 => PromotionAction.BuyXGetY(2, 1),
            3 => PromotionAction.UnitAmount(new Money(50, "USD")),
            _ => PromotionAction.UnitPercent(50_000),
        },
        Conditions = (i % 20) switch
        {
            0 or 1 => new PromotionConditions { MinSubtotal = [new Money(1_000L * i, "USD")] },
            2 => new PromotionConditions { Items = new ItemFilter { Categories = [$"c{i}"] } },
            3 => new PromotionConditions { Items = new ItemFilter { Attributes = [new("colour", $"colour-{i}")] } },
            4 => new PromotionConditions { CustomerGroups = [$"group-{i}"] },
            5 => new PromotionConditions { Countries = ["DE"] },
            _ => new PromotionConditions { Items = new ItemFilter { Skus = [$"SKU-{i:000}"], ExcludedSkus = ["SKU-001"] } },
        },
    };
}
