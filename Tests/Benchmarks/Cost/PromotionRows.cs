using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>
/// The row of promotions: checkouts without promotions, with promotions, and with one of them counted, in turns in one shop. Of twenty
/// automatic promotions three apply to each checkout: off its units, off the order, off shipping. The counted one is that off the order,
/// with a limit of uses and a budget, so each checkout reserves and commits a use of it.
/// </summary>
internal static class PromotionRows
{
    private const int Promotions = 20;
    private const string OfTheOrder = "bench-order";
    private static readonly int[] Levels = [8, 32];

    /// <summary>So long after a change all silos have it.</summary>
    private static readonly TimeSpan InForce = TimeSpan.FromSeconds(2);

    private static readonly (string Name, bool HasPromotions, bool IsCounted)[] Variants =
        [("none", false, false), ("with", true, false), ("counted", true, true)];

    /// <summary>Runs the variants there and back again, so that what changes with time is shared equally.</summary>
    public static async Task MeasureAsync(MeasuredShop shop, CostMeter meter, string[] skus, TimeSpan duration, Figures figures)
    {
        foreach (var clients in Levels)
        {
            var costs = Variants.ToDictionary(v => v.Name, _ => new List<CheckoutCosts>());
            foreach (var variant in Variants.Concat(Variants.Reverse()))
            {
                await SetAsync(shop, variant.HasPromotions, variant.IsCounted, skus[0]);
                costs[variant.Name].Add(await meter.MeasureAsync(skus, clients, duration));
            }
            var level = $"{clients} clients";
            foreach (var (name, _, _) in Variants)
            {
                Add("checkouts/s", name, RateOf);
                Add("processor time of the shop, ms", name, ProcessorOf);
                Add("log (WAL), KB", name, of => of.Average(c => c.Each("WAL")) / 1024);
            }
            foreach (var (name, _, _) in Variants.Skip(1))
            {
                figures.Add($"ratio of the rates: {name}", level, RateOf(costs[name]) / RateOf(costs["none"]));
                figures.Add($"ratio of the processor times: {name}", level, ProcessorOf(costs[name]) / ProcessorOf(costs["none"]));
            }

            void Add(string row, string name, Func<List<CheckoutCosts>, double> of) =>
                figures.Add($"{row}: {name}", level, of(costs[name]));
        }
        await SetAsync(shop, hasPromotions: false, isCounted: false, skus[0]);
    }

    private static double RateOf(List<CheckoutCosts> costs) => costs.Sum(c => c.Load.Done) / costs.Sum(c => c.Load.Seconds);

    private static double ProcessorOf(List<CheckoutCosts> costs) =>
        1000 * costs.Average(c => c.Each("silo") + c.Each("front end") + c.Each("PostgreSQL"));

    /// <summary>Switches the promotions on or off, and makes sure that they have an effect, or none.</summary>
    private static async Task SetAsync(MeasuredShop shop, bool hasPromotions, bool isCounted, string sku)
    {
        foreach (var (id, body) in All(hasPromotions, isCounted))
        {
            var created = await shop.Admin.PostAsync("/admin/promotions", body);
            if ((int)created.Status == 409)
                created = await shop.Admin.PutAsync($"/admin/promotions/{id}", body);
            Require((int)created.Status is 200 or 201, created);
        }
        await Task.Delay(InForce);
        var preview = await shop.Admin.PostAsync("/admin/pricing/preview", new
        {
            lines = new[] { new { sku, quantity = 1 } },
            destination = new { country = "GB", postalCode = "SW1Y 4JH" },
        });
        Require((int)preview.Status == 200, preview);
        Require(preview["promotions"]!.AsArray().Count == (hasPromotions ? 3 : 0), preview);
    }

    private static IEnumerable<(string Id, object Body)> All(bool enabled, bool isCounted)
    {
        string[] combines = ["line", "order", "shipping"];
        yield return ("bench-units", new
        {
            id = "bench-units",
            name = "Off the units",
            enabled,
            combines,
            action = new { kind = "unitDiscount", percentPpm = 100_000 },
        });
        yield return (OfTheOrder, new
        {
            id = OfTheOrder,
            name = "Off the order",
            enabled,
            combines,
            action = new { kind = "orderDiscount", percentPpm = 50_000 },
            maxUses = isCounted ? 100_000_000 : (int?)null,
            budget = isCounted ? new[] { new { amount = 1_000_000_000_000, currency = "USD" } } : [],
        });
        yield return ("bench-shipping", new
        {
            id = "bench-shipping",
            name = "Off shipping",
            enabled,
            combines,
            action = new { kind = "shippingDiscount", percentPpm = 1_000_000 },
        });
        for (var i = 3; i < Promotions; i++)
        {
            yield return ($"bench-{i}", new
            {
                id = $"bench-{i}",
                name = "For another product",
                enabled,
                combines,
                conditions = new { items = new { skus = new[] { $"BENCH-{i}" } } },
                action = new { kind = "unitDiscount", percentPpm = 100_000 },
            });
        }
    }

    private static void Require(bool good, Reply reply)
    {
        if (!good)
            throw new InvalidOperationException($"Not as wanted, {(int)reply.Status}: {reply.Body}");
    }
}
