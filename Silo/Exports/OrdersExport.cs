using Npgsql;
using SoonShop.Aggregates;
using SoonShop.Exports;
using SoonShop.Imports;
using SoonShop.Orders;

namespace SoonShop.Silo.Exports;

/// <summary>Orders, a row for each of their lines, oldest first. The totals of an order are in each of its rows.</summary>
internal sealed class OrdersExport(NpgsqlDataSource database) : ICsvExport
{
    /// <summary>The most orders that are read at a time. Each has up to 100 lines.</summary>
    private const int Limit = 50;

    private const string List = "export/orders";

    public string Kind => "orders";

    public IReadOnlyList<string> Columns { get; } =
    [
        "Number", "Order ID", "Placed", "Status", "E-mail", "Customer ID", "Name", "Address line 1", "Address line 2", "City", "Region",
        "Postal code", "Country", "Phone", "Currency", "Subtotal", "Discount", "Shipping", "Tax", "Total", "Refunded", "Payment status",
        "Promotion codes", "SKU", "Product", "Quantity", "Unit price", "Line total", "Line discount", "Line tax",
        "Tax not charged", "Tax exemption", "Rounding",
    ];

    public bool IsPersonal => true;

    public async Task<Result<ExportRows>> ReadAsync(ExportQuery query, string? after, CancellationToken cancellation)
    {
        await using var command = database.CreateCommand();
        var page = new PageQuery(command);
        page.And("o.index is not null");
        if (after is not null)
        {
            if (!Cursor.TryRead(after, List, 2, out var last))
                return Cursor.Bad;
            page.And($"(e.placed_at, e.grain_key) > ({page.Parameter(last[0])}::timestamptz, {page.Parameter(last[1])})");
        }
        page.And("e.placed_at >= {0}::timestamptz", query.From is { } from ? SortableTime.Of(from) : null);
        page.And("e.placed_at < {0}::timestamptz", query.To is { } to ? SortableTime.Of(to) : null);
        command.CommandText = $"""
            select o.state, o.index ->> 'placedAt', e.grain_key
            from order_entry e join grain_state_order o on o.state_name = 'order' and o.grain_key = e.grain_key
            where {page.Where} order by e.placed_at, e.grain_key limit {Limit}
            """;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        var (rows, count, next) = (new List<string[]>(), 0, (string?)null);
        for (; await reader.ReadAsync(cancellation); count++)
        {
            if (StateRows.State<CheckoutState>(reader, 0)?.Order is { } order)
                rows.AddRange(Rows(order));
            next = Cursor.Write(List, reader.GetString(1), reader.GetString(2));
        }
        return new ExportRows(rows, count < Limit ? null : next);
    }

    private static IEnumerable<string[]> Rows(OrderState state)
    {
        var order = state.ToView();
        string Amount(Money? money) => money is { } amount ? Currencies.Format(amount.Amount, amount.Currency) : "";
        var (address, codes) = (order.ShippingAddress, order.Prices?.Promotions.Select(p => p.Code).OfType<string>() ?? []);
        string[] head =
        [
            order.Number, order.Id.ToString(), StateRows.Time(order.PlacedAt), NameOf(order.Status), CsvGuard.Add(order.Email),
            order.CustomerId?.ToString() ?? "", .. ((string?[])
            [
                address.Name, address.Line1, address.Line2, address.City, address.Region, address.PostalCode, address.Country,
                address.Phone,
            ]).Select(t => CsvGuard.Add(t ?? "")),
            order.Total.Currency, Amount(order.Subtotal), Amount(order.Discount), Amount(order.Shipping), Amount(order.Tax),
            Amount(order.Total), Amount(order.Payment.Refunded), NameOf(order.Payment.Status),
            CsvGuard.Add(string.Join(' ', codes.Distinct())),
        ];
        // At the end, after the columns of earlier versions.
        string[] tail =
        [
            Amount(order.Prices?.TaxDeducted), CsvGuard.Add(order.Prices?.TaxExemptionReason ?? ""), Amount(order.Prices?.Rounding),
        ];
        return order.Lines.Select(l => (string[])
        [
            .. head, l.Sku, CsvGuard.Add(l.Name), StateRows.Number(l.Quantity), Amount(l.UnitPrice), Amount(l.LineTotal),
            Amount(l.Discount), Amount(l.Tax), .. tail,
        ]);
    }

    private static string NameOf<T>(T value) where T : struct, Enum =>
        System.Text.Json.JsonNamingPolicy.CamelCase.ConvertName(value.ToString());
}
