using System.Text.Json.Nodes;

namespace SoonShop.StripeTesting.Objects;

internal sealed class Customer(string id, long created) : StripeObject(id, created)
{
    public bool Deleted { get; set; }

    public string? Email { get; set; }

    public string? Name { get; set; }

    public string? Phone { get; set; }

    public string? Description { get; set; }

    public JsonObject? Address { get; set; }

    public JsonObject? Shipping { get; set; }

    public string? DefaultMethod { get; set; }

    public override JsonObject Render()
    {
        if (Deleted)
            return new JsonObject { ["id"] = Id, ["object"] = "customer", ["deleted"] = true };
        var json = Blank("customer");
        json["address"] = Address?.DeepClone();
        json["balance"] = 0;
        json["delinquent"] = false;
        json["description"] = Description;
        json["email"] = Email;
        json["invoice_prefix"] = Id[^8..].ToUpperInvariant();
        var invoices = Examples.Part("customer", "invoice_settings");
        invoices["rendering_options"] = null;
        invoices["default_payment_method"] = DefaultMethod;
        json["invoice_settings"] = invoices;
        json["name"] = Name;
        json["next_invoice_sequence"] = 1;
        json["phone"] = Phone;
        json["preferred_locales"] = new JsonArray();
        json["shipping"] = Shipping?.DeepClone();
        json["tax_exempt"] = "none";
        return json;
    }
}
