namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>
/// What a checkout costs: how fast guests buy over HTTP, and what one purchase takes of processors, memory, database and grains until its
/// last mail is written; beside it a few other loads. <c>./test.sh bench CheckoutCost [--against COMMIT]</c>; <see cref="CostOptions"/>
/// says the rest.
/// </summary>
public sealed class CheckoutCost(ITestOutputHelper output)
{
    private const int Products = 200;
    private static readonly TimeSpan WarmUpWindow = TimeSpan.FromSeconds(8);

    [Fact(Explicit = true)]
    public async Task what_a_checkout_costs()
    {
        var options = CostOptions.Parse(Environment.GetEnvironmentVariable(CostOptions.Variable) ?? "");
        await using var mine = ShopBuild.OfThis();
        if (options.Growth)
        {
            foreach (var row in options.Rows)
                output.WriteLine(await Growth.MeasureAsync(row, mine, options.Duration));
            return;
        }
        await using var other = options.Against is null ? null : await ShopBuild.OfCommitAsync(options.Against);
        var figures = new Dictionary<string, List<Figures>>();
        for (var round = 1; round <= options.Rounds; round++)
        {
            foreach (var build in other is null ? [mine] : new[] { mine, other })
            {
                output.WriteLine($"Round {round}, {build.Name}");
                var measured = new Figures();
                figures.TryAdd(build.Name, []);
                figures[build.Name].Add(measured);
                try
                {
                    await MeasureAsync(build, options, measured);
                }
                finally
                {
                    output.WriteLine(measured.ToTable());
                }
            }
        }
        if (other is not null)
            output.WriteLine(Figures.Compare(figures[mine.Name], figures[other.Name], other.Name));
    }

    private async Task MeasureAsync(ShopBuild build, CostOptions options, Figures figures)
    {
        if (options.Rows.Contains("idle"))
            await OtherRows.IdleAsync(build, figures);
        if (options.Rows is ["idle"])
            return;
        await using var shop = await MeasuredShop.StartAsync(build);
        var skus = await shop.CreateProductsAsync(Products);
        var meter = new CostMeter(shop);
        await meter.WarmUpAsync(skus, WarmUpWindow);
        foreach (var row in options.Rows.Where(r => r != "idle"))
        {
            switch (row)
            {
                case "checkout":
                    var (statements, checkouts) = await CheckoutRows.MeasureAsync(meter, skus, options.Duration, figures);
                    output.WriteLine(CheckoutRows.Texts(statements, checkouts));
                    break;
                case "promotions":
                    await PromotionRows.MeasureAsync(shop, meter, skus, options.Duration, figures);
                    break;
                case "hot":
                    await OtherRows.HotItemAsync(shop, figures);
                    break;
                case "cart":
                    await OtherRows.CartsAsync(shop, skus, options.Duration, figures);
                    break;
                case "long-cart":
                    await OtherRows.LongCartAsync(shop, skus, options.Duration, figures);
                    break;
                case "catalog":
                    await OtherRows.CatalogAsync(shop, skus, options.Duration, figures);
                    break;
                default:
                    throw new InvalidOperationException($"Nothing measures {row}.");
            }
        }
    }
}
