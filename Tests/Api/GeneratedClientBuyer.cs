// Compiled by GeneratedClientTests, against the client that NSwag makes of the OpenAPI document.
using System;
using System.Linq;
using System.Net.Http;
using System.Net.Http.Headers;
using System.Threading.Tasks;
using Generated;

public static class Buyer
{
    /// <summary>Registers, fills a cart, orders, and reads the order; answers its number, as the order and as the list tell it.</summary>
    public static async Task<string[]> BuyAsync(HttpClient http, string sku, string email)
    {
        var shop = new ShopClient(http);
        var session = await shop.RegisterAsync(new RegisterRequest { Email = email, Password = "correct horse" });
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", session.AccessToken);
        var cart = await shop.SetCartItemAsync(sku, new CartItemRequest { Quantity = 2 });
        if (cart.Items.Count != 1)
            throw new InvalidOperationException("The cart holds another number of lines.");
        var order = await shop.PlaceOrderAsync(Guid.NewGuid().ToString(), new PlaceOrderRequest
        {
            PaymentMethod = "pm_card_visa",
            ShippingAddress = new AddressRequest
            {
                Name = "Ada Lovelace",
                Line1 = "12 St James Sq",
                City = "London",
                PostalCode = "SW1Y 4JH",
                Country = "GB",
            },
        });
        if (order.Status != OrderStatus.Confirmed)
            throw new InvalidOperationException($"The order is {order.Status}.");
        var read = await shop.GetOrderAsync(order.Id);
        var list = await shop.ListOrdersAsync(OrderStatus.Confirmed, null, 10);
        return [order.Number, read.Number, string.Join(",", list.Items.Select(o => o.Number))];
    }

    /// <summary>Asks for what is not there; answers the problem's type.</summary>
    public static async Task<string> FailAsync(HttpClient http)
    {
        try
        {
            await new ShopClient(http).GetProductAsync("NONE");
            return "";
        }
        catch (ApiException<NotFoundProblem> e)
        {
            return e.Result.Type.ToString();
        }
    }
}
