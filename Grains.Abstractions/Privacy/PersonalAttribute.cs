namespace SoonShop.Privacy;

/// <summary>
/// Marks a field of an event that says something about a person. When the person's account is erased, it is overwritten in every
/// event that is kept: whoever adds a field to an event decides here, and nowhere else, whether it is one.
/// </summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PersonalAttribute : Attribute
{
    /// <summary>True for what not even the person is shown of it, such as a token.</summary>
    public bool IsSecret { get; init; }
}
