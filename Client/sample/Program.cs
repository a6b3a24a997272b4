using SoonShop.Client;

// dotnet run --project Client/sample -- http://127.0.0.1:8080 [SEARCH]
using var shop = new SoonShopClient(new SoonShopClientOptions { Address = new Uri(args.ElementAtOrDefault(0) ?? "http://127.0.0.1:8080") });
var address = new AddressRequest
{
    Name = "Ada Lovelace",
    Line1 = "12 St James Sq",
    City = "London",
    PostalCode = "SW1Y 4JH",
    Country = "GB",
};
try
{
    // Browse.
    var found = await shop.SearchProductsAsync(q: args.ElementAtOrDefault(1) ?? "coffee", inStock: true, limit: 3);
    foreach (var product in found.Items)
        Console.WriteLine($"Found {product.Sku}: {product.Name}, {Text(product.Price)}");
    if (found.Items is not [var wanted, ..])
        throw new InvalidOperationException("No product matches the search.");

    // Buy, with the total that the buyer was shown.
    var (guest, quote) = await FillCartAsync(wanted);
    Print(await guest.PlaceOrderAsync(Order("pm_card_visa", quote)));

    // A bank declines a card: the order waits for another one.
    (guest, quote) = await FillCartAsync(wanted);
    try
    {
        Print(await guest.PlaceOrderAsync(Order("pm_card_visa_chargeDeclined", quote)));
    }
    catch (SoonShopException e) when (e.Code == SoonShopErrorCodes.PaymentDeclined)
    {
        Console.WriteLine($"Declined: {e.Extension<string>("declineCode")}");
        Print(await guest.PayOrderAsync(e.Extension<Guid>("orderId"), new PayOrderRequest { PaymentMethod = "pm_card_visa" }));
    }
    return 0;
}
catch (SoonShopException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}

async Task<(SoonShopClient Guest, PriceSummary Quote)> FillCartAsync(Product product)
{
    var cart = await shop.OpenCartAsync();
    var guest = shop.WithCredentials(new GuestCredentials(cart.Id));
    await guest.SetCartItemAsync(product.Sku, new CartItemRequest { Quantity = 1 });
    var quoted = await guest.QuoteCartAsync(new CartQuoteBody
    {
        Destination = new DestinationRequest { Country = address.Country, PostalCode = address.PostalCode },
    });
    Console.WriteLine($"Quote: {Text(quoted.Prices!.Total)}");
    return (guest, quoted.Prices);
}

PlaceOrderRequest Order(string paymentMethod, PriceSummary quote) => new()
{
    Email = "ada@example.com",
    PaymentMethod = paymentMethod,
    ShippingAddress = address,
    ExpectedTotal = new ExpectedTotalRequest { Amount = quote.Total.Amount, Currency = quote.Total.Currency },
};

static void Print(Order order) => Console.WriteLine($"Order {order.Number} is {order.Status}: {Text(order.Total)}");

static string Text(Money money) => $"{money.Amount} minor units of {money.Currency}";
