using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.Extensions.Localization;
using SoonShop.ApiFrontend.Localization;
using SoonShop.Orders;

namespace SoonShop.ApiFrontend.Orders;

/// <summary>The page that goes into a parcel: where it goes and what is in it, without prices. Browsers print it.</summary>
internal sealed class PackingSlip(Order order, Shipment shipment) : IResult
{
    /// <summary>The media type.</summary>
    public const string MediaType = "text/html";

    private const string Style =
        "body{font:12pt/1.4 sans-serif;margin:2cm;max-width:17cm}h1{font-size:16pt}table{width:100%;border-collapse:collapse}"
        + "th,td{text-align:left;padding:.2cm;border-bottom:1px solid #999}th:last-child,td:last-child{text-align:right}"
        + "address{font-style:normal;margin:.5cm 0}";

    public Task ExecuteAsync(HttpContext httpContext)
    {
        var texts = httpContext.RequestServices.GetRequiredService<IStringLocalizer>();
        var response = httpContext.Response;
        response.ContentType = "text/html; charset=utf-8";
        response.Headers.CacheControl = "no-store";
        // Nothing but the page's own style is loaded.
        response.Headers.ContentSecurityPolicy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";
        return response.WriteAsync(Write(texts), httpContext.RequestAborted);
    }

    private string Write(IStringLocalizer texts)
    {
        string Text(string key, string english) => Encode(texts.Text(ErrorText.Of(key, english)));
        var page = new StringBuilder();
        var (address, number) = (order.ShippingAddress, Encode(order.Number));
        page.Append("<!doctype html><html><head><meta charset=\"utf-8\">")
            .Append(CultureInfo.InvariantCulture, $"<title>{number}</title><style>{Style}</style></head><body>")
            .Append(CultureInfo.InvariantCulture, $"<h1>{Text("packing-slip.title", "Packing slip")} {number}</h1><address>");
        string?[] lines =
        [
            address.Name, address.Line1, address.Line2, $"{address.PostalCode} {address.City}".Trim(), address.Region, address.Country,
        ];
        page.AppendJoin("<br>", lines.Where(l => !string.IsNullOrEmpty(l)).Select(l => Encode(l!)))
            .Append("</address><p>")
            .Append(CultureInfo.InvariantCulture, $"{Text("packing-slip.ordered", "Ordered")} {order.PlacedAt:yyyy-MM-dd} · ")
            .Append(CultureInfo.InvariantCulture, $"{Text("packing-slip.shipped", "Shipped")} {shipment.ShippedAt:yyyy-MM-dd}")
            .Append("<br>").Append(Encode($"{shipment.Carrier} {shipment.TrackingNumber}"))
            .Append("</p><table><thead><tr>");
        foreach (var column in (string[])["SKU", Text("packing-slip.name", "Product"), Text("packing-slip.quantity", "Units")])
            page.Append("<th>").Append(column).Append("</th>");
        page.Append("</tr></thead><tbody>");
        foreach (var line in shipment.Lines ?? [])
        {
            var name = order.Lines.FirstOrDefault(l => l.Sku == line.Sku)?.Name ?? "";
            page.Append(CultureInfo.InvariantCulture, $"<tr><td>{Encode(line.Sku)}</td><td>{Encode(name)}</td>")
                .Append(CultureInfo.InvariantCulture, $"<td>{line.Quantity}</td></tr>");
        }
        return page.Append("</tbody></table></body></html>").ToString();
    }

    private static string Encode(string text) => HtmlEncoder.Default.Encode(text);
}
