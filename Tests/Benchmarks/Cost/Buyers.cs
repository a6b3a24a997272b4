using System.Globalization;

namespace SoonShop.Tests.Benchmarks.Cost;

/// <summary>What the clients of a load do.</summary>
internal static class Buyers
{
    private const string OneUnit = """{"quantity":1}""";

    /// <summary>
    /// A guest with a new cart, an e-mail address of the own and one line buys it. Each of the three requests must be granted.
    /// </summary>
    public static Func<Connection, int, Func<bool>> Checkout(string[] skus) => (connection, _) => () =>
        connection.Send("POST", "/carts") == 201 && connection.AnsweredId is var cart
        && connection.Send("PUT", $"/cart/items/{skus[Random.Shared.Next(skus.Length)]}", cart, body: OneUnit) == 200
        && Order(connection, cart) == 201;

    /// <summary>
    /// One of more buyers than there are units; true when the buyer got one. A buyer whom the shop has no time for (503) asks again with
    /// the same key.
    /// </summary>
    public static Func<Connection, int, Func<bool>> BuyHotItem(string sku) => (connection, _) => () =>
    {
        if (Retried(() => connection.Send("POST", "/carts")) != 201)
            return false;
        var cart = connection.AnsweredId;
        return Retried(() => connection.Send("PUT", $"/cart/items/{sku}", cart, body: OneUnit)) == 200
            && Retried(() => Order(connection, cart)) == 201;
    };

    /// <summary>Opens carts.</summary>
    public static Func<bool> OpenCart(Connection connection, int number) => () => connection.Send("POST", "/carts") == 201;

    /// <summary>Sets one line of a cart of so many lines, always to another quantity.</summary>
    public static Func<Connection, int, Func<bool>> SetLine(string[] skus, int lines) => (connection, _) =>
    {
        var cart = Fill(connection, skus, lines);
        var quantity = 1;
        return () =>
        {
            quantity = 1 + (quantity % 9);
            return connection.Send("PUT", $"/cart/items/{skus[0]}", cart, body: $$"""{"quantity":{{quantity}}}""") == 200;
        };
    };

    /// <summary>Reads a cart of one line.</summary>
    public static Func<Connection, int, Func<bool>> ReadCart(string[] skus) => (connection, _) =>
    {
        var cart = Fill(connection, skus, 1);
        return () => connection.Send("GET", "/cart", cart) == 200;
    };

    /// <summary>Reads a product of many.</summary>
    public static Func<Connection, int, Func<bool>> ReadProduct(int products) => (connection, _) => () =>
        connection.Send("GET", $"/products/{Filler.Sku(Random.Shared.Next(1, products + 1))}") == 200;

    /// <summary>Searches for what nobody has searched for lately.</summary>
    public static Func<Connection, int, Func<bool>> Search(int products) => (connection, _) => () =>
        connection.Send("GET", $"/products?q={Filler.Word(Random.Shared.Next(1, products + 1))}&limit=10") == 200;

    private static string Fill(Connection connection, string[] skus, int lines)
    {
        Require(connection, 201, connection.Send("POST", "/carts"));
        var cart = connection.AnsweredId;
        for (var i = 0; i < lines; i++)
            Require(connection, 200, Retried(() => connection.Send("PUT", $"/cart/items/{skus[i]}", cart, body: OneUnit)));
        return cart;
    }

    private static void Require(Connection connection, int wanted, int status)
    {
        if (status != wanted)
            throw new InvalidOperationException($"Wanted {wanted}, got {status}: {connection.AnsweredBody}");
    }

    /// <summary>The status, once the shop does not say that it is too busy.</summary>
    private static int Retried(Func<int> send)
    {
        int status;
        for (var tries = 0; (status = send()) is 503 or 0 && tries < 100; tries++)
            Thread.Sleep(100);
        return status;
    }

    private static int Order(Connection connection, string cart)
    {
        var body = string.Create(CultureInfo.InvariantCulture, $$$"""
            {"email":"guest-{{{cart}}}@example.com","paymentMethod":"pm_card_visa",
             "shippingAddress":{"name":"Ada Lovelace","line1":"12 St James Sq","city":"London","postalCode":"SW1Y 4JH","country":"GB"}}
            """);
        return connection.Send("POST", "/orders", cart, key: $"order-{cart}", body: body);
    }
}
