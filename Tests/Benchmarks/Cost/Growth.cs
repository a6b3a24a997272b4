using System.Globalization;
using SoonShop.Tests.Running;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>Whether a checkout costs more in a shop that has grown: the same shop, small and then large.</summary>
internal static class Growth
{
    private const string Customers = "customers";
    private const int Clients = 8;
    private const int FewStreams = 50;
    private static readonly TimeSpan WarmUpWindow = TimeSpan.FromSeconds(8);

    /// <summary>Longer than streams are live after their last event, so that both loads begin with as many.</summary>
    private static readonly TimeSpan ForgetLimit = TimeSpan.FromMinutes(5);

    /// <summary>Measures one row; answers its lines.</summary>
    public static async Task<string> MeasureAsync(string row, ShopBuild build, TimeSpan duration)
    {
        await using var shop = await MeasuredShop.StartAsync(build);
        var skus = await shop.CreateProductsAsync(100);
        var meter = new CostMeter(shop);
        await meter.WarmUpAsync(skus, WarmUpWindow);
        var (small, large) = row switch { "orders" => (1_000, 1_000_000), Customers => (100, 100_000), _ => (1_000, 100_000) };
        await FillAsync(row, shop, skus, 0, small);
        var fewStreams = await shop.LiveStreamsAsync();
        var before = await meter.MeasureAsync(skus, Clients, duration);
        if (row != Customers)
        {
            await Until.TrueAsync("the streams of the first load are forgotten", ForgetLimit,
                async () => await shop.LiveStreamsAsync() <= Math.Max(fewStreams, FewStreams));
        }
        await FillAsync(row, shop, skus, small, large);
        var streams = await shop.LiveStreamsAsync();
        var after = await meter.MeasureAsync(skus, Clients, duration);
        return string.Create(CultureInfo.InvariantCulture, $"""
            One checkout with {small:N0} and with {large:N0} {row}, and the ratio
              processor time, ms   {Row(before, after, c => Processor(c, "silo", "front end", "PostgreSQL"))}
              of it the silo       {Row(before, after, c => Processor(c, "silo"))}
              of it PostgreSQL     {Row(before, after, c => Processor(c, "PostgreSQL"))}
              statements, ms       {Row(before, after, Sql)}
              checkouts/s          {Row(before, after, c => c.Load.Rate)}
              live streams         {fewStreams,8:F0} {streams,8:F0}
            """);
    }

    private static Task FillAsync(string row, MeasuredShop shop, string[] skus, int from, int to) => row switch
    {
        "orders" => Filler.OrdersAsync(shop, skus[0], from + 1, to),
        Customers => Filler.LiveCustomersAsync(shop, skus[0], from + 1, to),
        "products" => Filler.ProductsAsync(shop, skus[0], from + 1, to),
        _ => throw new InvalidOperationException($"Nothing fills {row}."),
    };

    private static string Row(CheckoutCosts before, CheckoutCosts after, Func<CheckoutCosts, double> figure) =>
        string.Create(CultureInfo.InvariantCulture, $"{figure(before),8:F2} {figure(after),8:F2} {figure(after) / figure(before),6:F2}");

    private static double Processor(CheckoutCosts costs, params string[] processes) => 1000 * processes.Sum(costs.Each);

    private static double Sql(CheckoutCosts costs) => costs.Statements.All.Where(s => s.Id.Sent).Sum(s => s.Milliseconds) / costs.Load.Done;
}
