using System.Buffers;
using SoonShop.ApiFrontend.Cluster;
using SoonShop.ApiFrontend.Http;
using SoonShop.Exports;
using SoonShop.Pricing;

namespace SoonShop.ApiFrontend.Exports;

/// <summary>Exports of the shop's data as CSV, for administrators.</summary>
internal static class ExportsApi
{
    /// <summary>The most downloads of this process.</summary>
    private const int MaxDownloads = 16;

    private static int downloads;

    public static void MapExports(this IEndpointRouteBuilder admin)
    {
        Map("/products", "catalog", (HttpContext context, IClusterClient cluster, TimeProvider time) =>
            SendAsync(new ExportQuery("products"), context, cluster, time)).WithName("exportProducts").WithSummary("Export the products");
        Map("/stock", "inventory", (HttpContext context, IClusterClient cluster, TimeProvider time) =>
            SendAsync(new ExportQuery("stock"), context, cluster, time)).WithName("exportStock").WithSummary("Export the stock");
        Map("/prices", "pricing", (HttpContext context, IClusterClient cluster, TimeProvider time) =>
            SendAsync(new ExportQuery("prices"), context, cluster, time)).WithName("exportPrices").WithSummary("Export the prices");
        Map("/orders", "orders", (
            HttpContext context, IClusterClient cluster, TimeProvider time, [StartTime] string? from, [EndTime] string? to) =>
            SendAsync(new ExportQuery("orders") { From = Times.ReadStart(from), To = Times.ReadEnd(to) }, context, cluster, time))
            .WithName("exportOrders").WithSummary("Export orders");
        Map("/customers", null, (HttpContext context, IClusterClient cluster, TimeProvider time) =>
            SendAsync(new ExportQuery("customers"), context, cluster, time))
            .WithName("exportCustomers").WithSummary("Export the customers");
        Map("/codes", "pricing", (
            HttpContext context, IClusterClient cluster, TimeProvider time,
            [TextLength(PricingLimits.MaxIdLength), CleanText] string promotion, Guid? batchId) =>
            SendAsync(new ExportQuery("codes") { Promotion = promotion, BatchId = batchId }, context, cluster, time))
            .WithName("exportCodes").WithSummary("Export the generated codes of a promotion");

        RouteHandlerBuilder Map(string path, string? resource, Delegate handler)
        {
            var route = admin.MapGet($"/exports{path}", handler).WithTags("Admin: exports").ForAdministrators(resource)
                .Produces<string>(StatusCodes.Status200OK, CsvResult.MediaType).Admit(AdmissionClass.Free);
            route.DisableRequestTimeout();
            return route;
        }
    }

    /// <summary>The first part is read before the response begins, so that an error is a problem.</summary>
    private static async Task<IResult> SendAsync(ExportQuery query, HttpContext context, IClusterClient cluster, TimeProvider time)
    {
        var export = cluster.GetGrain<IExportGrain>(WorkerKeys.Next());
        var part = await export.ReadAsync(query, null, context.RequestAborted);
        if (part.IsError)
            return new Problem(part.Error);
        return new CsvResult($"{query.Kind}-{time.GetUtcNow():yyyy-MM-dd}.csv", async (output, cancellation) =>
        {
            if (Interlocked.Increment(ref downloads) > MaxDownloads)
            {
                Interlocked.Decrement(ref downloads);
                throw new UnavailableException(ErrorText.Of("error.downloads", "Too many exports are running. Try again later."));
            }
            try
            {
                for (; ; part = await export.ReadAsync(query, part.Value.Next, cancellation))
                {
                    if (part.IsError)
                        throw new InvalidOperationException(part.Error.Detail);
                    output.Write(part.Value.Content);
                    await output.FlushAsync(cancellation);
                    if (part.Value.Next is null)
                        return;
                }
            }
            finally
            {
                Interlocked.Decrement(ref downloads);
            }
        });
    }
}
